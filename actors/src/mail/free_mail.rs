//! Free mail: domains where everybody can have an address, so that a domain in common says nothing
//! of two people.

/// The commonest providers, sorted, with blanks between.
const PROVIDERS: &str = "\
    126.com 139.com 163.com 1und1.de abv.bg alice.it aliyun.com aol.com aol.de aon.at arcor.de \
    att.net bbox.fr bellsouth.net bigpond.com bk.ru bluewin.ch blueyonder.co.uk bol.com.br \
    btinternet.com btopenworld.com centrum.cz charter.net chello.at club-internet.fr \
    comcast.net cox.net daum.net disroot.org docomo.ne.jp duck.com earthlink.net email.com \
    email.cz ezweb.ne.jp fastmail.com fastmail.fm foxmail.com free.fr freenet.de gazeta.pl \
    gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.eu gmx.fr gmx.net gmx.us googlemail.com \
    guerrillamail.com hanmail.net hey.com hispeed.ch home.nl hotmail.ca hotmail.co.uk \
    hotmail.com hotmail.com.br hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl \
    hushmail.com icloud.com ig.com.br iinet.net.au inbox.lv inbox.ru interia.pl juno.com \
    kabelmail.de kpnmail.nl laposte.net libero.it list.ru live.ca live.co.uk live.com live.com.au \
    live.de live.fr live.it live.nl mac.com mail.com mail.de mail.ru mailbox.org mailfence.com \
    mailinator.com me.com mindspring.com msn.com nate.com naver.com netzero.net neuf.fr \
    nifty.com ntlworld.com numericable.fr o2.pl onet.pl online.de optonline.net optusnet.com.au \
    orange.fr outlook.com outlook.com.br outlook.de outlook.es outlook.fr outlook.it outlook.jp \
    passmail.net passport.com planet.nl pm.me posteo.de proton.me protonmail.ch protonmail.com \
    qq.com rambler.ru rediffmail.com riseup.net rocketmail.com rogers.com runbox.com sapo.pt \
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com sky.com skynet.be softbank.ne.jp \
    sohu.com sunrise.ch sympatico.ca t-online.de talktalk.net telefonica.net telenet.be \
    telstra.com telus.net terra.com.br tin.it tiscali.co.uk tiscali.it tuta.com tuta.io \
    tutamail.com tutanota.com ukr.net uol.com.br usa.net verizon.net videotron.ca virgilio.it \
    virginmedia.com vodafone.de vodafone.it walla.co.il wanadoo.fr web.de windowslive.com wp.pl \
    xtra.co.nz ya.ru yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com \
    yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.it \
    yandex.com yandex.ru yeah.net ymail.com yopmail.com ziggo.nl zoho.com zohomail.com";

/// Whether everybody can have an address of a domain, lower-cased, as far as is known here.
#[must_use]
pub fn is_known(domain: &str) -> bool {
    PROVIDERS.split(' ').any(|provider| provider == domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_are_known_each_once_and_nothing_else_is() {
        let list: Vec<&str> = PROVIDERS.split(' ').collect();
        assert!(list.len() > 150 && list.is_sorted() && list.iter().all(|it| it.contains('.')));
        let mut once = list.clone();
        once.dedup();
        assert_eq!(once, list);
        for known in ["126.com", "gmail.com", "hotmail.nl", "passmail.net", "zohomail.com"] {
            assert!(is_known(known), "{known}");
        }
        for other in ["acme.example", "", "gmail", "mail.com gmail.com", "notgmail.com"] {
            assert!(!is_known(other), "{other}");
        }
    }
}
