//! Whatever agents do to each other, somebody owns the workspace.

use super::world::{Person, ROLES, Room, accept, invite, set_active, set_role};
use schema::Code;
use schema::room::RoomCommand;
use schema::room::access::{ChangeAgent, Logout, Opened};

#[test]
fn after_any_sequence_of_changes_an_active_owner_remains() {
    let (mut done, mut kept) = (0, 0);
    for seed in 1..=40 {
        let (mut room, owner) = Room::registered();
        room.entropy.0 = seed;
        let mut people = vec![owner];
        for step in 0..60 {
            let code = step_at_random(&mut room, &mut people);
            done += usize::from(code.is_none());
            kept += usize::from(code == Some(Code::Conflict));
            let owners =
                room.number("select count(*) from agents where role = 'owner' and active = 1");
            assert!(owners >= 1, "seed {seed}, step {step}: nobody owns the workspace");
        }
    }
    assert!(done > 400, "too few steps did anything: {done}");
    assert!(kept > 40, "too few steps tried to remove the last owner: {kept}");
}

fn step_at_random(room: &mut Room, people: &mut Vec<Person>) -> Option<Code> {
    let (actor, target) = (below(room, people.len()), below(room, people.len()));
    let (actor, target) = (people[actor].clone(), people[target].id());
    let role = ROLES[below(room, 4)];
    let active = below(room, 3) > 0;
    let command = match below(room, 8) {
        0 => return join_at_random(room, people, &actor, role),
        1 => RoomCommand::Logout(Logout {}),
        2 => {
            let email = actor.opened.agent.email;
            let refresh = room.fresh("refresh");
            let person = room.log_in(&email, &refresh);
            return person.map(|person| people.push(person)).err().map(|reject| reject.code);
        }
        3 | 4 => set_active(target, active),
        5 => RoomCommand::ChangeAgent(ChangeAgent {
            agent_id: target,
            role: Some(role),
            active: Some(active),
            name: None,
            if_version: None,
        }),
        _ => set_role(target, role),
    };
    room.try_ask(&actor.principal, command).err().map(|reject| reject.code)
}

fn join_at_random(
    room: &mut Room,
    people: &mut Vec<Person>,
    inviter: &Person,
    role: schema::Role,
) -> Option<Code> {
    let (email, token) = (format!("{}@b.com", room.fresh("p")), room.fresh("token"));
    let invited = room.try_ask(&inviter.principal, invite(&email, role, &token));
    if let Err(reject) = invited {
        return Some(reject.code);
    }
    let refresh = room.fresh("refresh");
    let opened: Opened =
        room.ask(&room.visitor(), accept(&token, &email, &refresh)).expect("accepted");
    people.push(Person::of(opened));
    None
}

fn below(room: &mut Room, bound: usize) -> usize {
    room.entropy.below(bound as u64) as usize
}
