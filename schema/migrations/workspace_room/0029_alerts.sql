-- What a campaign that is over has not sent, nobody is to look at.
update outreach_texts set state = 'refused', reason = 'archived', ask_at = null
    where state = 'awaitingApproval'
        and campaign in (select number from campaigns where status = 'archived');

-- The texts that somebody is to look at.
create index outreach_texts_to_review on outreach_texts (enrolment)
    where state = 'awaitingApproval';
