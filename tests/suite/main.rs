//! The one test program: data and one check function each. Names tell the situation.

mod catalog;
mod samples;
