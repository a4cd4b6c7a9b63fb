//! The one test program: data and one check function each. Names tell the situation.

mod archives;
mod calibration;
mod catalog;
mod cli;
mod contract;
mod dialects;
mod equivalence;
mod follow;
mod generator;
mod guide;
mod hostile;
mod hosts;
mod hosts_live;
mod inputs;
mod inventory;
mod journals;
mod lab;
mod live;
mod parts;
mod reports;
mod samples;
mod sides;
mod support;
mod traps;
mod window;
