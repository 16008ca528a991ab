//! The one row of what this identity is: owner or alias, and the person's state.

use crate::kernel::{Fault, Sql};
use crate::prospect_dedup::identity::prefix;
use schema::Millis;
use schema::ids::ProspectId;
use schema::prospect::{IdentityKind, Stage};

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// What kind of identity this is.
    pub kind: IdentityKind,
    /// Its text; none once the person was erased.
    pub identity: Option<String>,
    /// The owner, where this is an alias.
    pub alias_of: Option<ProspectId>,
    /// Whether the person was erased.
    pub erased: bool,
    /// Grows with each change.
    pub version: i64,
    /// When the prospect was made.
    pub created_at: Millis,
    /// When it changed.
    pub updated_at: Millis,
    /// How far outreach has come.
    pub stage: Stage,
    /// Since when.
    pub stage_at: Millis,
    /// When mail last left to the person.
    pub last_contact_at: Option<Millis>,
    /// The next follow-up.
    pub follow_up_at: Option<Millis>,
    /// What to do then.
    pub follow_up_note: Option<String>,
    /// Whether its time has come.
    pub follow_up_due: bool,
}

impl Me {
    /// A prospect that nothing is known of yet.
    #[must_use]
    pub const fn new(kind: IdentityKind, identity: String, now: Millis) -> Self {
        Self {
            kind,
            identity: Some(identity),
            alias_of: None,
            erased: false,
            version: 0,
            created_at: now,
            updated_at: now,
            stage: Stage::New,
            stage_at: now,
            last_contact_at: None,
            follow_up_at: None,
            follow_up_note: None,
            follow_up_due: false,
        }
    }
}

const LOAD: &str = "select kind, identity, alias_of, erased, version, created_at, updated_at,
    stage, stage_at, last_contact_at, follow_up_at, follow_up_note, follow_up_due from me";

/// Reads the row; none where the identity is not known yet.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Me>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let identity = row.text_or_null(1)?;
    let kind = kind_of(&row.text(0)?, identity.as_deref());
    let stage = row.text(7)?;
    Ok(Some(Me {
        kind,
        identity: identity.filter(|text| text != PROFILE),
        alias_of: row.id_or_null(2)?,
        erased: row.flag(3)?,
        version: row.integer(4)?,
        created_at: row.integer(5)?,
        updated_at: row.integer(6)?,
        stage: Stage::parse(&stage).ok_or_else(|| Fault(format!("no stage: {stage}")))?,
        stage_at: row.integer(8)?,
        last_contact_at: row.integer_or_null(9)?,
        follow_up_at: row.integer_or_null(10)?,
        follow_up_note: row.text_or_null(11)?,
        follow_up_due: row.flag(12)?,
    }))
}

/// How a profile's text begins, and all that stays of it once the person was erased.
const PROFILE: &str = prefix(IdentityKind::Linkedin);

/// The table's check knows addresses and names only. Another check would be another table, whose
/// making is written into each object there will ever be: a profile is told by its text.
fn kind_of(kind: &str, identity: Option<&str>) -> IdentityKind {
    match identity {
        _ if kind == "email" => IdentityKind::Email,
        Some(text) if text.starts_with(PROFILE) => IdentityKind::Linkedin,
        _ => IdentityKind::Name,
    }
}

const SAVE: &str = "insert or replace into me (id, kind, identity, alias_of, erased, version,
    created_at, updated_at, stage, stage_at, last_contact_at, follow_up_at, follow_up_note,
    follow_up_due) values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the row.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, me: &Me) -> Result<(), Fault> {
    let (kind, identity) = match (me.kind, me.identity.clone()) {
        (IdentityKind::Linkedin, None) => (IdentityKind::Name, Some(PROFILE.to_owned())),
        (IdentityKind::Linkedin, identity) => (IdentityKind::Name, identity),
        known => known,
    };
    let params = [
        kind.as_str().into(),
        identity.into(),
        me.alias_of.map(|id| id.to_string()).into(),
        i64::from(me.erased).into(),
        me.version.into(),
        me.created_at.into(),
        me.updated_at.into(),
        me.stage.as_str().into(),
        me.stage_at.into(),
        me.last_contact_at.into(),
        me.follow_up_at.into(),
        me.follow_up_note.clone().into(),
        i64::from(me.follow_up_due).into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::migrate::migrate;
    use crate::kernel::native::Native;
    use crate::kernel::{Actor, Home};
    use crate::prospect_dedup::Core;
    use crate::prospect_dedup::identity::Identity;

    #[test]
    fn whoever_was_stored_is_the_same_kind_after_also_once_its_text_is_forgotten() {
        let home = Native::open().expect("SQLite in memory");
        let step = home.transaction(&mut |sql| {
            migrate(sql, Core::MIGRATIONS)?;
            for text in ["e:ann@acme.example", "l:ann-smith-1", "n:ann smith@acme.example"] {
                let identity = Identity::parse("identity", text).expect("an identity");
                let mut me = Me::new(identity.kind, identity.text, 7);
                me.alias_of = Some(ProspectId(uuid::Uuid::from_u128(5)));
                me.follow_up_note = Some("call".to_owned());
                (me.version, me.last_contact_at, me.follow_up_due) = (3, Some(9), true);
                save(sql, &me)?;
                assert_eq!(load(sql)?, Some(me.clone()));
                (me.identity, me.erased) = (None, true);
                save(sql, &me)?;
                assert_eq!(load(sql)?, Some(me));
            }
            Ok(())
        });
        step.expect("it is stored");
    }
}
