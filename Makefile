# Scout's front door. `make` alone tells what there is.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Without a display, `make run` shows Scout in a desktop in a box. Both programs come from one build, so that no crate is
# compiled twice for two sets of features.
HEADLESS := $(if $(DISPLAY)$(WAYLAND_DISPLAY),,yes)
DEMO := --package scout-tests --bin desktop-in-a-box --bin scout
# The instruments that measure Scout: `$(LAB) --help`.
LAB := $(CARGO) run --release --locked --package scout-lab --

# Tests that drive a desktop wait until the machine has room for it (tests/src/room.rs), so many may be begun at once.
SIDE_BY_SIDE := RUST_TEST_THREADS=$(or $(RUST_TEST_THREADS),$(shell expr 8 \* $$(nproc)))
TEST := SCOUT_BIN=$(abspath $(TARGET))/debug/scout $(SIDE_BY_SIDE) $(CARGO) test --locked

.PHONY: help run test test-build test-quick test-perturbed race build model lint pictures idle-cost bench-delivery check-cross install uninstall setup-run setup-test

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

run: setup-run ## Install what is needed, build, and start Scout (without a display: show it in a desktop in a box)
	$(CARGO) build --release --locked --package scout $(if $(HEADLESS),$(DEMO))
	packaging/fetch-model.sh tiny.en $(TARGET)/release/scout
	exec $(TARGET)/release/$(if $(HEADLESS),desktop-in-a-box,scout run)

test: test-build ## Install what is needed, and run every test
	$(TEST) --workspace

test-build: setup-test ## Install what is needed for the tests, and build them
	$(CARGO) test --locked --workspace --no-run
	packaging/fetch-model.sh tiny.en $(TARGET)/debug/scout

test-quick: ## Run the tests that need neither a desktop nor sound
	$(CARGO) test --locked --workspace --lib --test options_page --test profiles_page

test-perturbed: test-build ## Run the tests that speak with other voices' levels, noise and timing (SEEDS="1 2 3")
	for seed in $(or $(SEEDS),1 2 3); do \
		SCOUT_TEST_PERTURB=$$seed $(TEST) --package scout-tests || exit 1; \
	done

# The compiler's switch for the sanitizer is unstable; the sources of the standard library are not needed (see the suppressions).
RACE := RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$(abspath $(TARGET))/race \
	RUSTFLAGS='-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer' PROPTEST_CASES=20 \
	TSAN_OPTIONS='suppressions=$(abspath tests/race/suppressions.txt) history_size=7'

race: setup-test ## Run the unit tests under ThreadSanitizer (x86-64 Linux)
	$(RACE) $(CARGO) test --locked --workspace --lib --no-fail-fast --target x86_64-unknown-linux-gnu

build: setup-run ## Build the release binary
	$(CARGO) build --release --locked --package scout

model: build ## Get the default speech model into the user's model store
	packaging/fetch-model.sh tiny.en $(TARGET)/release/scout

lint: ## Formatting, clippy and documentation, all without a warning
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps

pictures: setup-test ## Take the pictures of the documents again (as an ordinary user: the editor warns root)
	$(CARGO) build --release --locked --package scout $(DEMO)
	packaging/fetch-model.sh tiny.en $(TARGET)/release/scout
	env -u DISPLAY -u WAYLAND_DISPLAY $(TARGET)/release/desktop-in-a-box
	convert $(TARGET)/release/scout-typed.png -crop 660x330+0+0 +repage docs/pictures/typed.png
	convert $(TARGET)/release/scout-tray.png -crop 660x380+0+0 +repage docs/pictures/tray.png
	$(CARGO) build --locked --package scout
	SCOUT_PICTURES=$(abspath docs/pictures) $(TEST) --package scout-tests --test e2e the_overlay_shows_the_words_so_far

idle-cost: setup-test model ## Print what an idle agent costs: memory, processor time, wake-ups
	SCOUT_BIN=$(abspath $(TARGET))/release/scout $(LAB) idle-cost

bench-delivery: setup-test ## Print how fast text arrives, and what the plain ways of others do, in a desktop in a box
	$(LAB) delivery --boxed
	$(LAB) plain-delivery

check-cross: ## Type-check the platform crate for Windows and macOS
	packaging/check-cross.sh

install: build ## Install for this user: binary, menu entry, icon and the service that starts it at log-in
	packaging/install.sh

uninstall: ## Undo `make install`; configuration, log and models stay
	packaging/install.sh --remove

setup-run:
	@packaging/setup.sh run

setup-test:
	@packaging/setup.sh test
