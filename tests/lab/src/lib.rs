//! Parts of the instruments that tests and benchmarks use as well. The instruments themselves are the program, `scout-lab`.

pub mod dictations;
pub mod replay;
