//! Prospects, found by who they are: a row's identities name the actor, and an actor that knows
//! better says where the person is.

use crate::platform::Platform;
use actors::prospect_dedup::identity::{Identity, instance, nobody};
use litemap::LiteMap;
use schema::prospect::{Import, Imported, NewProspect, ProspectCommand, moved_to};
use schema::{ActorKind, Code, Envelope, Principal, Reject};

/// How often an alias is followed: pointers go from weaker to stronger identities, and end soon.
pub const MOVES_MAX: usize = 8;

/// The identities of a row, the strongest first.
///
/// # Errors
/// `invalid_input` where it does not say who it is.
pub fn identities_of(row: &NewProspect) -> Result<Vec<Identity>, Reject> {
    let NewProspect { email, linkedin, name, domain, .. } = row;
    Identity::of_row(email.as_deref(), linkedin.as_deref(), name.as_deref(), domain.as_deref())
}

/// Rows apart by whom they are of, as far as their identities tell. Of one person the first row is
/// to come first: what it says stays, and later ones fill what is missing.
pub fn by_person<T>(rows: Vec<T>, identities: impl Fn(&T) -> Vec<Identity>) -> Vec<Vec<T>> {
    // For each row the first one that is of the same person.
    let mut firsts: Vec<usize> = Vec::with_capacity(rows.len());
    let mut known: LiteMap<Identity, usize> = LiteMap::new();
    for (at, row) in rows.iter().enumerate() {
        firsts.push(at);
        for identity in identities(row) {
            let Some(other) = known.get(&identity) else {
                known.insert(identity, at);
                continue;
            };
            let (a, b) = (firsts[*other], firsts[at]);
            firsts
                .iter_mut()
                .filter(|first| **first == a.max(b))
                .for_each(|first| *first = a.min(b));
        }
    }
    let mut people: Vec<Vec<T>> = rows.iter().map(|_| Vec::new()).collect();
    for (row, first) in rows.into_iter().zip(firsts) {
        people[first].push(row);
    }
    people.retain(|rows| !rows.is_empty());
    people
}

/// Who imports, and by which request.
pub struct Importer<'a, P> {
    /// The world.
    pub platform: &'a P,
    /// Who asks.
    pub principal: &'a Principal,
    /// The request's name; empty where there is none.
    pub request_id: &'a str,
}

impl<P: Platform> Importer<'_, P> {
    /// Imports a row under its first identity, wherever the person is by now.
    ///
    /// # Errors
    /// `invalid_input`, the prospect's, `unavailable`.
    pub async fn import(&self, row: NewProspect, key: Option<String>) -> Result<Imported, Reject> {
        let identities = identities_of(&row)?;
        let [first, also @ ..] = &identities[..] else { return Err(nobody()) };
        let mut import = Import {
            identity: first.text.clone(),
            also: also.iter().map(|identity| identity.text.clone()).collect(),
            followed: false,
            email: row.email,
            name: row.name,
            company: row.company,
            domain: row.domain,
            title: row.title,
            linkedin: row.linkedin,
            source: row.source,
            attributes: row.attributes,
            into_pipeline: self.platform.config()?.providers.any(),
        };
        let mut id = first.id(self.principal.workspace);
        for _ in 0..MOVES_MAX {
            let command = ProspectCommand::Import(import.clone());
            let instance = instance(self.principal.workspace, id);
            let mut envelope =
                Envelope::new(instance, self.principal.clone(), key.clone(), &command);
            self.request_id.clone_into(&mut envelope.request_id);
            match self.platform.call(ActorKind::ProspectDedup, &envelope).await?.reply() {
                Ok(imported) => return Ok(imported),
                Err(reject) => id = moved_to(&reject).ok_or(reject)?,
            }
            import.followed = true;
        }
        Err(Reject::new(Code::Unavailable, "the person is being found out: try again"))
    }
}
