//! The commands, one file each.

pub mod absorb;
pub mod begin_work;
pub mod claim;
pub mod delete;
pub mod finish_work;
pub mod forget;
pub mod get;
pub mod history;
pub mod import;
pub mod link;
pub mod permit;
pub mod record;
pub mod set_follow_up;
pub mod set_stage;
pub mod suppress;
pub mod unsuppress;
pub mod update;
