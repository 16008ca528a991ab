//! The tables of the directory beside users and companies.

pub mod attributes;
pub mod free_mail;
pub mod handles;
pub mod merges;
