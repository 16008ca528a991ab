-- What a campaign that is over has not sent, nobody is to look at.
update outreach_texts set state = 'refused', reason = 'archived', ask_at = null
    where state = 'awaitingApproval'
        and campaign in (select number from campaigns where status = 'archived');

-- The texts that somebody is to look at.
create index outreach_texts_to_review on outreach_texts (enrolment)
    where state = 'awaitingApproval';

-- What became of mails, by time: how a week was.
create index outreach_decisions_of_mails on outreach_decisions (at)
    where what in ('sent', 'answered', 'stopped');
