//! The composition root: builds the rooms, joins their channels, owns the main loop.
