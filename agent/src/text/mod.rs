//! From raw transcript to the text to deliver: a chain of small pure stages.
