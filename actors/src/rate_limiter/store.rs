//! The limiter's tables: every statement, and the typed function that uses it.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::limiter::Circuit;

const ARRIVAL: &str = "select arrival from buckets where bucket = ?";

/// A bucket's theoretical arrival time in nanoseconds since 1970; none for a full bucket.
///
/// # Errors
/// A storage fault.
pub fn arrival(sql: &dyn Sql, bucket: i64) -> Result<Option<u64>, Fault> {
    let Some(row) = sql.first(ARRIVAL, &[bucket.into()])? else { return Ok(None) };
    let text = row.text(0)?;
    let number = text.parse().map_err(|_| Fault(format!("bucket {bucket} holds {text}")))?;
    Ok(Some(number))
}

const PUT: &str = "insert into buckets (bucket, arrival) values (?, ?)
    on conflict (bucket) do update set arrival = excluded.arrival";

/// Writes a bucket's theoretical arrival time.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, bucket: i64, arrival: u64) -> Result<(), Fault> {
    sql.exec(PUT, &[bucket.into(), arrival.to_string().into()]).map(drop)
}

/// How a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Whether it is called.
    pub circuit: Circuit,
    /// Failures in a row.
    pub failures: i64,
    /// How often the circuit opened since it was last closed.
    pub opened: i64,
    /// Until when it is left alone.
    pub blocked_until: Millis,
    /// The number of the last probe.
    pub probe: i64,
    /// Until when that probe's report is waited for; 0 where none is under way.
    pub probe_until: Millis,
}

const PROVIDER: &str = "select circuit, failures, opened, blocked_until, probe, probe_until
    from provider";

/// How the provider is; well, where nothing is noted.
///
/// # Errors
/// A storage fault.
pub fn provider(sql: &dyn Sql) -> Result<Provider, Fault> {
    let Some(row) = sql.first(PROVIDER, &[])? else {
        return Ok(Provider {
            circuit: Circuit::Closed,
            failures: 0,
            opened: 0,
            blocked_until: 0,
            probe: 0,
            probe_until: 0,
        });
    };
    let name = row.text(0)?;
    let circuit = Circuit::parse(&name);
    Ok(Provider {
        circuit: circuit.ok_or_else(|| Fault(format!("no circuit is {name}")))?,
        failures: row.integer(1)?,
        opened: row.integer(2)?,
        blocked_until: row.integer(3)?,
        probe: row.integer(4)?,
        probe_until: row.integer(5)?,
    })
}

const SAVE: &str = "insert into provider
        (id, circuit, failures, opened, blocked_until, probe, probe_until)
    values (1, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set
        circuit = excluded.circuit,
        failures = excluded.failures,
        opened = excluded.opened,
        blocked_until = excluded.blocked_until,
        probe = excluded.probe,
        probe_until = excluded.probe_until";

/// Notes how the provider is.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, provider: &Provider) -> Result<(), Fault> {
    let params = [
        provider.circuit.as_str().into(),
        provider.failures.into(),
        provider.opened.into(),
        provider.blocked_until.into(),
        provider.probe.into(),
        provider.probe_until.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}
