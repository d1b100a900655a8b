//! What the recogniser needs to know of the processor: whether it can run here, and what else runs.

/// What the recogniser is compiled for on x86-64: the flags that ggml chooses when it is not tuned to the build machine
/// (`GGML_NATIVE=OFF`). Intel has them since Haswell (2013), AMD since Excavator (2015).
#[cfg(target_arch = "x86_64")]
const BASELINE: &str = "AVX, AVX2, FMA, F16C and BMI2";

/// The processor lacks instructions that the recogniser uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this processor lacks {missing}, which Scout is built for: use a processor from 2013 or later, give a virtual machine \
     its host's processor model, or build Scout on this machine with GGML_NATIVE=ON"
)]
pub struct BaselineError {
    /// The instruction sets that are missing, by name.
    pub missing: String,
}

/// Tells whether the recogniser can run here. Without this check it would end the process with an illegal instruction.
#[cfg(target_arch = "x86_64")]
pub fn check_baseline() -> Result<(), BaselineError> {
    missing_from([
        ("AVX", std::is_x86_feature_detected!("avx")),
        ("AVX2", std::is_x86_feature_detected!("avx2")),
        ("FMA", std::is_x86_feature_detected!("fma")),
        ("F16C", std::is_x86_feature_detected!("f16c")),
        ("BMI2", std::is_x86_feature_detected!("bmi2")),
    ])
}

/// Tells whether the recogniser can run here. On ARM64 every processor can.
#[cfg(not(target_arch = "x86_64"))]
pub fn check_baseline() -> Result<(), BaselineError> {
    Ok(())
}

/// What [`check_baseline`] asks for, for `scout doctor`.
pub fn baseline() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    return BASELINE;
    #[cfg(not(target_arch = "x86_64"))]
    return "nothing special";
}

/// How many threads of all programs run or are ready to, this one included; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub fn running_now() -> Option<usize> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("procs_running "))?.trim().parse().ok()
}

/// How many threads of all programs run or are ready to, this one included; `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn running_now() -> Option<usize> {
    None
}

#[cfg(target_arch = "x86_64")]
fn missing_from<const N: usize>(features: [(&str, bool); N]) -> Result<(), BaselineError> {
    let missing: Vec<&str> = features.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    if missing.is_empty() { Ok(()) } else { Err(BaselineError { missing: missing.join(", ") }) }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn whoever_asks_is_running() {
        assert!(running_now().is_some_and(|running| running >= 1));
    }

    #[test]
    fn what_is_missing_is_named_with_the_remedy() {
        assert_eq!(missing_from([("AVX2", true), ("FMA", true)]), Ok(()));
        let error = missing_from([("AVX", true), ("AVX2", false), ("BMI2", false)]).unwrap_err();
        assert_eq!(error.missing, "AVX2, BMI2");
        assert!(error.to_string().contains("GGML_NATIVE=ON"));
    }
}
