//! The one test program: data and one check function each. Names tell the situation.

mod calibration;
mod catalog;
mod cli;
mod contract;
mod dialects;
mod equivalence;
mod generator;
mod guide;
mod hostile;
mod inputs;
mod inventory;
mod lab;
mod live;
mod reports;
mod samples;
mod sides;
mod support;
mod traps;
