//! The commands of outreach.

pub mod archive;
pub mod campaigns;
pub mod enrolments;
pub mod forget;
pub mod read;
pub mod settings;
