//! What the document says of webhooks, mailboxes, Microsoft, files and dead letters.

use super::Schemas;
use super::functions::{Body, Function};
use crate::dead_letters::Stored;
use crate::router::Route;
use crate::routes::{
    api_keys, attachments, deliveries, mailboxes, mails, microsoft, pipeline, sessions, sign_in,
    webhooks,
};
use schema::dead_letter::{Left, Letter, QueueStatus};
use schema::delivery::DeliveryWebhook;
use schema::inbox::InboxView;
use schema::room::access::Identity;
use schema::room::campaign::Campaign;
use schema::room::comment::Attachment;
use schema::room::mail::MailReceipt;
use schema::room::notification::{ChangeNotificationTemplates, NotificationTemplates};
use schema::room::webhook::{ChangeWebhook, Webhook};
use serde_json::{Value, json};

/// API keys.
pub(super) fn of_api_keys(s: &mut Schemas) -> Function {
    let (body, reply) = (s.input::<api_keys::NewApiKey>(), s.reply::<api_keys::ApiKeyMade>());
    Function::makes("createApiKey", "Makes an API key, which is shown once", body, reply)
}

/// Webhooks.
pub(super) fn of_webhooks(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::CreateWebhook => {
            let (body, reply) =
                (s.input::<webhooks::NewWebhook>(), s.reply::<webhooks::WebhookMade>());
            Function::makes("createWebhook", "Makes a webhook", body, reply)
        }
        Route::ChangeWebhook => {
            let (mut body, reply) = (s.input::<ChangeWebhook>(), s.reply::<Webhook>());
            super::take(&mut body, "ifVersion");
            super::take(&mut body, "webhookId");
            Function::does("changeWebhook", "Changes a webhook", body, reply).matching()
        }
        _ => {
            let (body, reply) =
                (s.input::<webhooks::Rotation>(), s.reply::<webhooks::WebhookMade>());
            let summary = "Replaces a webhook's secret";
            Function::does("rotateWebhookSecret", summary, body, reply).perhaps()
        }
    }
}

/// The endpoint of an inbox's relay.
pub(super) fn of_deliveries(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::MakeDeliveryWebhook => {
            let summary = "Makes the endpoint by which a relay tells what became of mail";
            let reply = s.reply::<deliveries::DeliveryWebhookMade>();
            let keyed = Function::makes("makeDeliveryWebhook", summary, Value::Null, reply);
            Function { body: Body::Nothing, ..keyed }
        }
        Route::RotateDeliverySecret => {
            let (body, reply) =
                (s.input::<webhooks::Rotation>(), s.reply::<deliveries::DeliveryWebhookMade>());
            let summary = "Replaces the secret of an inbox's relay";
            Function::does("rotateDeliverySecret", summary, body, reply).perhaps()
        }
        _ => {
            let summary = "Takes the endpoint of an inbox's relay away";
            Function::reads("deleteDeliveryWebhook", summary, s.reply::<DeliveryWebhook>())
        }
    }
}

/// The DNS of an inbox's domain.
pub(super) fn of_domains(s: &mut Schemas) -> Function {
    let selectors = json!({ "type": "string", "minLength": 1, "maxLength": 1_024,
        "pattern": "^[A-Za-z0-9_-]{1,63}(,[A-Za-z0-9_-]{1,63}){0,9}$",
        "description": "The DKIM selectors of who sends for it, between commas; at most 10. Those \
            of common providers where absent." });
    let summary = "Checks SPF, DKIM, DMARC and MX of the domain that an inbox sends from";
    let reply = s.reply::<schema::domain::DomainCheck>();
    Function::reads("checkDomain", summary, reply).asks("selectors", selectors)
}

/// Campaigns.
pub(super) fn of_campaigns(s: &mut Schemas) -> Function {
    let summary = "Has a campaign send, from now on";
    let keyed = Function::does("startCampaign", summary, Value::Null, s.reply::<Campaign>());
    Function { body: Body::Nothing, ..keyed }
}

/// What notifications say.
pub(super) fn of_notices(s: &mut Schemas) -> Function {
    let (mut body, reply) =
        (s.input::<ChangeNotificationTemplates>(), s.reply::<NotificationTemplates>());
    super::take(&mut body, "ifVersion");
    Function::does("changeNotificationTemplates", "Changes what notifications say", body, reply)
        .matching()
}

/// Queues and dead letters.
pub(super) fn of_pipeline(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::StatusQueues => {
            let reply = json!({ "type": "array", "items": s.reply::<QueueStatus>() });
            Function::reads("statusQueues", "Says what was counted of each queue", reply)
        }
        Route::ListDeadLetters => {
            let summary = "Lists the messages that nobody could do anything with";
            Function::pages("listDeadLetters", summary, s.reply::<Letter>())
        }
        Route::GetDeadLetter => {
            let summary = "Reads a dead letter with its text";
            Function::reads("getDeadLetter", summary, s.reply::<Stored>())
        }
        Route::DeleteDeadLetter => {
            Function::reads("deleteDeadLetter", "Deletes a dead letter", s.reply::<Left>())
        }
        _ => {
            let (body, reply) = (s.input::<pipeline::Replay>(), s.reply::<pipeline::Replayed>());
            let summary = "Puts dead letters on their queues again, one or all";
            Function::does("replayDeadLetters", summary, body, reply)
        }
    }
}

/// Mailboxes.
pub(super) fn of_mailboxes(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::ConnectMailbox => {
            let (body, view) = (s.input::<mailboxes::NewMailbox>(), s.reply::<InboxView>());
            let summary = "Has an inbox read a mailbox";
            let keyed = Function::does("connectMailbox", summary, body, view);
            Function { keyed: false, ..keyed }
        }
        Route::DisconnectMailbox => {
            let view = s.reply::<InboxView>();
            Function::reads("disconnectMailbox", "Has an inbox read no mailbox", view)
        }
        Route::RetryMail => {
            let (body, reply) = (s.input::<mails::RetryMail>(), s.reply::<MailReceipt>());
            Function::does("retryMail", "Takes a mail in that could not be read", body, reply)
        }
        Route::RetryPassedOver => {
            let (body, reply) = (s.input::<mails::RetryPassedOver>(), s.reply::<MailReceipt>());
            let summary = "Takes a mail in that reading has passed over";
            Function::does("retryPassedOver", summary, body, reply)
        }
        _ => {
            let body = s.input::<mailboxes::SyncEmails>();
            let reply = s.reply::<mailboxes::Synced>();
            let summary = "Has every inbox read its mailbox at once";
            Function::does("syncEmails", summary, body, reply).perhaps()
        }
    }
}

/// Files.
pub(super) fn of_files(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::Upload => {
            let bytes = json!({ "type": "string", "format": "binary" });
            let summary = "Brings a file for a comment; without one, it is gone after a day";
            let named = json!({ "type": "string", "minLength": 1, "maxLength": 4_096,
                "description": "What it is called, unless the body is a form; of a path the \
                    last part, of that 255 characters." });
            let id = json!({ "type": "string", "minLength": 1, "maxLength": 255,
                "description": "By which `cid:` in the text points to it." });
            let function = Function::makes("upload", summary, bytes, s.reply::<Attachment>())
                .asks("fileName", named)
                .asks("contentId", id);
            Function { keyed: false, ..function }
        }
        _ => {
            let inline = json!({ "type": "boolean",
                "description": "Whether an image is shown in its place." });
            let summary = "Makes a link to a file that is good for five minutes";
            Function::reads("makeLink", summary, s.reply::<attachments::LinkMade>())
                .asks("inline", inline)
        }
    }
}

/// Mailboxes at Microsoft.
pub(super) fn of_microsoft(route: Route, s: &mut Schemas) -> Function {
    if route == Route::BeginMicrosoft {
        let summary = "Says where to log in to connect a mailbox at Microsoft";
        return Function::reads("beginMicrosoft", summary, s.reply::<microsoft::LogInAt>());
    }
    let text = |what: &str| json!({ "type": "string", "description": what });
    let summary = "Connects the mailbox of who has logged in at Microsoft";
    let read = Function::reads("finishMicrosoft", summary, s.reply::<InboxView>())
        .needs("state", text("As Microsoft gives it back."));
    let given = [
        ("code", "As Microsoft gives it."),
        ("error", "What Microsoft gives in the place of a code."),
        ("error_description", "Not looked at."),
        ("error_uri", "Not looked at."),
        ("session_state", "Not looked at."),
    ];
    given.into_iter().fold(read, |read, (name, what)| read.asks(name, text(what)))
}

/// Logging in with an account at Microsoft.
pub(super) fn of_sign_in(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::BeginSignIn => {
            let summary = "Says where to log in at Microsoft, to log in here";
            let reply = s.reply::<sign_in::SignInAt>();
            Function::reads("beginSignIn", summary, reply)
                .needs("workspaceId", super::functions::id("Where to log in."))
                .open()
        }
        Route::SignIn => {
            let (body, reply) = (s.input::<sign_in::Back>(), s.reply::<sessions::SessionView>());
            let summary = "Logs the agent in who has logged in at Microsoft";
            Function::does("signIn", summary, body, reply).open()
        }
        Route::BeginLink => {
            let summary = "Says where to log in to link an account at Microsoft";
            Function::reads("beginLinkIdentity", summary, s.reply::<microsoft::LogInAt>())
        }
        _ => {
            let (body, reply) = (s.input::<sign_in::Linking>(), s.reply::<Identity>());
            let summary = "Links the caller's account at Microsoft, to log in by";
            Function::does("linkIdentity", summary, body, reply)
        }
    }
}
