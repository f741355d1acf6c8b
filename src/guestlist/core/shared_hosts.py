"""Domains under which many live: mail providers, social networks, site builders, directories, link shorteners.

A company list often names one of them where a web site or an e-mail domain belongs. They (and whatever is below them)
are dropped with a note.
"""

from __future__ import annotations

_MAIL = """
gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.in outlook.com.br
hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.es hotmail.it hotmail.nl hotmail.be hotmail.se hotmail.ch
hotmail.com.br hotmail.com.ar hotmail.com.mx hotmail.com.tr hotmail.ca hotmail.co.jp live.com live.co.uk live.de
live.fr live.it live.nl live.be live.se live.dk live.no live.ca live.com.au live.com.mx live.com.pt live.cn msn.com
passport.com windowslive.com yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.co.id yahoo.co.nz yahoo.co.th
yahoo.co.kr yahoo.com.br yahoo.com.ar yahoo.com.au yahoo.com.mx yahoo.com.cn yahoo.com.hk yahoo.com.ph yahoo.com.sg
yahoo.com.tr yahoo.com.tw yahoo.com.vn yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.gr yahoo.ie yahoo.in yahoo.ca
yahoo.no yahoo.pl yahoo.ro yahoo.se ymail.com rocketmail.com myyahoo.com aol.com aol.co.uk aol.de aol.fr aim.com
icloud.com me.com mac.com protonmail.com protonmail.ch proton.me pm.me tutanota.com tutanota.de tutamail.com tuta.io
tuta.com keemail.me fastmail.com fastmail.fm hey.com zoho.com zohomail.com zohomail.eu zohomail.in mail.com email.com
usa.com consultant.com engineer.com europe.com gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us gmx.co.uk gmx.fr web.de
freenet.de t-online.de arcor.de mailbox.org posteo.de posteo.net online.de vodafonemail.de kabelmail.de unitybox.de
aon.at chello.at bluewin.ch hispeed.ch yandex.ru yandex.com yandex.by yandex.kz yandex.ua ya.ru mail.ru bk.ru inbox.ru
list.ru internet.ru rambler.ru ukr.net i.ua meta.ua wp.pl o2.pl onet.pl op.pl interia.pl interia.eu gazeta.pl tlen.pl
vp.pl seznam.cz centrum.cz email.cz post.cz volny.cz azet.sk centrum.sk zoznam.sk freemail.hu citromail.hu abv.bg
mail.bg net.hr inet.hr siol.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr
club-internet.fr aliceadsl.fr libero.it virgilio.it alice.it tin.it tiscali.it inwind.it iol.it fastwebnet.it pec.it
telenet.be skynet.be scarlet.be ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl casema.nl upcmail.nl
telfort.nl quicknet.nl comhem.se bredband.net spray.se online.no getmail.no broadpark.no mail.dk jubii.dk stofanet.dk
luukku.com kolumbus.fi suomi24.fi eircom.net telefonica.net terra.es ono.com euskaltel.net sapo.pt clix.pt netcabo.pt
otenet.gr in.gr btinternet.com btopenworld.com btconnect.com virginmedia.com ntlworld.com blueyonder.co.uk
talktalk.net tiscali.co.uk plus.net plus.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net ameritech.net
pacbell.net swbell.net cox.net charter.net earthlink.net mindspring.com juno.com netzero.net netzero.com optonline.net
optimum.net roadrunner.com rr.com frontiernet.net windstream.net centurylink.net centurytel.net embarqmail.com q.com
suddenlink.net cableone.net mchsi.com rcn.com wowway.com tds.net hughes.net shaw.ca sympatico.ca bell.net telus.net
videotron.ca cogeco.ca eastlink.ca bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au westnet.com.au
xtra.co.nz slingshot.co.nz qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com
189.cn 21cn.com tom.com naver.com hanmail.net daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp excite.co.jp hinet.net pchome.com.tw seed.net.tw
netvigator.com singnet.com.sg rediffmail.com sify.com indiatimes.com vsnl.net uol.com.br bol.com.br terra.com.br
ig.com.br globomail.com oi.com.br prodigy.net.mx telmex.com fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar
walla.co.il walla.com bezeqint.net netvision.net.il mweb.co.za telkomsa.net vodamail.co.za lycos.com excite.com
hushmail.com inbox.com mail2world.com lavabit.com safe-mail.net mailinator.com guerrillamail.com sharklasers.com
yopmail.com trashmail.com tempmail.com temp-mail.org 10minutemail.com maildrop.cc dispostable.com getnada.com
throwawaymail.com duck.com privaterelay.appleid.com relay.firefox.com mozmail.com simplelogin.com anonaddy.me
"""

_SITES = """
facebook.com fb.com fb.me instagram.com linkedin.com lnkd.in twitter.com x.com t.co youtube.com youtu.be tiktok.com
pinterest.com snapchat.com reddit.com tumblr.com vk.com ok.ru weibo.com whatsapp.com wa.me t.me telegram.me
telegram.org discord.com discord.gg threads.net xing.com medium.com substack.com quora.com vimeo.com flickr.com
soundcloud.com twitch.tv github.com github.io gitlab.com gitlab.io bitbucket.org bitbucket.io behance.net dribbble.com
about.me linktr.ee bio.link carrd.co beacons.ai patreon.com meetup.com eventbrite.com wikipedia.org wikidata.org
sites.google.com docs.google.com drive.google.com maps.google.com plus.google.com business.google.com goo.gl g.page
g.co forms.gle business.site page.link web.app firebaseapp.com appspot.com bit.ly tinyurl.com ow.ly buff.ly is.gd
wixsite.com editorx.io weebly.com weeblysite.com squarespace.com square.site wordpress.com wpengine.com
wpcomstaging.com blogspot.com blogger.com webflow.io godaddysites.com jimdo.com jimdofree.com jimdosite.com
strikingly.com mystrikingly.com webnode.com webnode.page yolasite.com site123.me webs.com tripod.com angelfire.com
geocities.com bravesites.com ucraft.net tilda.ws framer.website framer.app notion.site typepad.com livejournal.com
myshopify.com bigcartel.com etsy.com ebay.com mybigcommerce.com ecwid.com storenvy.com hubspotpagebuilder.com
hs-sites.com mailchimpsites.com force.com my.site.com salesforce-sites.com zohosites.com netlify.app vercel.app
herokuapp.com pages.dev workers.dev azurewebsites.net windows.net cloudfront.net amazonaws.com onrender.com fly.dev
glitch.me replit.app sharepoint.com onmicrosoft.com ning.com yelp.com tripadvisor.com crunchbase.com glassdoor.com
trustpilot.com yellowpages.com manta.com bbb.org
"""

SHARED_HOSTS = frozenset(f"{_MAIL} {_SITES}".split())
