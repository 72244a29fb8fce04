"""Pairs as a careful reader judges them, by kinds: what gates take for a fault, and faults like it."""

import json

import pytest

from lahja.core.config.evaluation import Gates
from lahja.corpora.readers import PreferencePair, read_preferences
from lahja.preferences.gates.audit import audit_pairs
from lahja.prompts.wordings import translation_prompt as tr

REJECTED = "هذا رد ثانٍ لا صلة له بما طُلب منك."


def reply(country, text):
    return (
        f"Respond to the following input in the Arabic dialect from {country} in exactly one "
        f"sentence. Input={text}\n"
    )


# Prompt, chosen text, `sound` or the gate that is to stop the pair, and the rejected text.
PAIRS = [
    # numbers
    (tr("eng", "egy", "The shop opens at 9:15."), "المحل بيفتح الساعة تسعة وربع.", "sound"),
    (tr("eng", "syr", "The bus comes at 6:20."), "الباص بيجي عالستة وتلت.", "sound"),
    (tr("eng", "pse", "We close at 10:30 at night."), "بنسكر العشرة ونص بالليل.", "sound"),
    (tr("eng", "sau", "Our flight is at 5:40."), "رحلتنا الساعة ست إلا ثلث.", "sound"),
    (tr("eng", "egy", "The match starts at 8:35."), "الماتش بيبدأ تمانية ونص وخمسة.", "sound"),
    (tr("eng", "mar", "I will come at 3:45."), "غادي نجي مع الربعة لا ربع.", "sound"),
    (tr("eng", "mar", "It costs 200 dirhams."), "كيدير ميتين درهم.", "sound"),
    (tr("eng", "mar", "My cousin is 18 years old."), "ولد عمي عندو تمنطاش لعام.", "sound"),
    (tr("eng", "egy", "He paid 700 pounds."), "دفع سبعميت جنيه.", "sound"),
    (tr("eng", "syr", "This song is from the 1990s."), "هالأغنية من التسعينات.", "sound"),
    (tr("eng", "egy", "My grandmother is in her 60s."), "ستي في الستينات من عمرها.", "sound"),
    (tr("eng", "pse", "There are 2 cats in the yard."), "في بستين بالحاكورة.", "sound"),
    (tr("eng", "pse", "I bought 2 books."), "اشتريت كتابين.", "sound"),
    (tr("eng", "egy", "The film is 120 minutes long."), "الفيلم مدته ساعتين.", "sound"),
    (tr("eng", "sau", "It takes 30 minutes by car."), "تاخذ نص ساعة بالسيارة.", "sound"),
    (tr("eng", "mar", "Bring 1.5 liters of milk."), "جيب لترو ونص ديال الحليب.", "sound"),
    (tr("eng", "syr", "About 12,000 people live there."), "ساكن هنيك شي اطنعشر ألف شخص.", "sound"),
    (tr("eng", "egy", "The car costs 100,000 pounds."), "العربية بمية ألف جنيه.", "sound"),
    (tr("eng", "sau", "He won 1,000,000 riyals."), "فاز بمليون ريال.", "sound"),
    (tr("eng", "pse", "The rent is 3,500 shekels."), "الأجار تلات آلاف وخمسمية شيكل.", "sound"),
    (tr("egy", "eng", "الحفلة الساعة تمانية ونص."), "The party is at 8:30.", "sound"),
    (tr("syr", "eng", "عندي بنتين وتلات صبيان."), "I have 2 girls and 3 boys.", "sound"),
    (tr("mar", "eng", "ساكن فالطابق السابع."), "He lives on the 7th floor.", "sound"),
    (tr("eng", "egy", "He came in 2nd place."), "جه في المركز التاني.", "sound"),
    (tr("eng", "egy", "She was born in 1975."), "اتولدت سنة خمسة وسبعين.", "sound"),
    (tr("eng", "syr", "Sales rose by 50%."), "زادت المبيعات خمسين بالمية.", "sound"),
    (tr("eng", "sau", "About 25% of them are students."), "ربعهم تقريبا طلاب.", "sound"),
    (tr("eng", "mar", "We need 2,000 chairs."), "خاصنا ألفين كرسي.", "sound"),
    (tr("eng", "egy", "He earns 4,750 pounds."), "بيقبض أربعتلاف وسبعمية وخمسين جنيه.", "sound"),
    (tr("eng", "syr", "I am 43 years old."), "عمري تلاتة وأربعين سنة.", "sound"),
    (tr("eng", "msa", "The war began in 1914."), "بدأت الحرب عام ألف وتسعمئة وأربعة عشر.", "sound"),
    (tr("eng", "mar", "The train leaves at 11:30."), "التران كيخرج مع الحداش ونص.", "sound"),
    (tr("eng", "pse", "Give me 0.5 kilo of olives."), "أعطيني نص كيلو زتون.", "sound"),
    (tr("eng", "sau", "The lesson starts at 7:10."), "الدرس يبدا سبع وعشر.", "sound"),
    (tr("eng", "egy", "I called you 3 times."), "اتصلت بيك تلات مرات.", "sound"),
    (tr("eng", "syr", "Come back in 1 week."), "ارجع بعد أسبوع.", "sound"),
    (tr("eng", "mar", "He has 4 sisters."), "عندو ربعة ديال الخواتات.", "sound"),
    (tr("eng", "syr", "The price is 60 liras."), "السعر سبعين ليرة.", "numbers"),
    (tr("eng", "egy", "Our lesson starts at 7:30."), "الدرس بيبدأ تمانية ونص.", "numbers"),
    (tr("eng", "syr", "Wait for me until 4:45."), "استنيني لخمسة وربع.", "numbers"),
    (tr("eng", "pse", "In the 1990s we lived in Jaffa."), "بالتمانينات كنا ساكنين بيافا.", "numbers"),
    (tr("eng", "pse", "The school has 300 students."), "المدرسة فيها أربعمية طالب.", "numbers"),
    (tr("eng", "mar", "It costs 15 dirhams."), "كيدير خمسين درهم.", "numbers"),
    (tr("eng", "egy", "I need 3 kilos of rice."), "محتاج كيلو رز.", "numbers"),
    (tr("eng", "sau", "The trip takes 90 minutes."), "الرحلة تاخذ ساعتين ونص.", "numbers"),
    (tr("eng", "syr", "The city has 12,000 people."), "المدينة فيها عشرين ألف زلمة.", "numbers"),
    (tr("egy", "eng", "القطر الساعة تلاتة ونص."), "The train is at 4:30.", "numbers"),
    (tr("eng", "egy", "Room 214 is free."), "أوضة 241 فاضية.", "numbers"),
    (tr("eng", "mar", "We waited for 20 minutes."), "تسنينا عشرة ديال الدقايق.", "numbers"),
    (tr("eng", "sau", "I have 2 brothers."), "عندي ثلاثة إخوان.", "numbers"),
    (tr("msa", "egy", "وُلد جدي عام 1350هـ."), "جدي اتولد سنة 1350 هجري.", "sound"),
    (tr("msa", "sau", "تأسست المدرسة عام 1402هـ."), "المدرسة تأسست سنة 1404هـ.", "numbers"),
    # code-switch
    (tr("eng", "mar", "I have a meeting with my boss tomorrow."), "عندي réunion مع le chef ديالي غدا.", "sound"),
    (tr("eng", "egy", "The meeting was postponed until tomorrow."), "الـ meeting اتأجل لبكرة.", "sound"),
    (tr("eng", "mar", "We are going to the station now."), "غادين ل la gare دابا.", "sound"),
    (tr("eng", "sau", "I want to book a ticket online."), "أبغى أحجز تذكرة online.", "sound"),
    (tr("eng", "mar", "Do you have a parking space?"), "واش عندك un place de parking؟", "sound"),
    (tr("eng", "syr", "Did you receive my email?"), "وصلك الـ email تبعي؟", "sound"),
    (tr("msa", "mar", "هل عندك موعد مع الطبيب؟"), "واش عندك rendez-vous مع الطبيب؟", "sound"),
    (tr("eng", "mar", "I am going to the market today."), "Je vais au marché aujourd'hui مع ماما.", "language"),
    (tr("eng", "egy", "Put the blue chairs in the garden please."), "Put the blue chairs in الجنينة.", "language"),
    (tr("eng", "egy", "The little boy ate the apple."), "الولد الصغير ate the apple.", "artefact"),
    # brands
    (tr("msa", "egy", "يعمل أخي في شركة مايكروسوفت."), "أخويا شغال في Microsoft.", "sound"),
    (tr("msa", "sau", "شاهدت الفيلم على يوتيوب ونتفلكس."), "شفت الفيلم على YouTube و Netflix.", "sound"),
    (tr("msa", "pse", "أرسل لي الموقع عبر واتساب."), "ابعتلي الموقع عالـ WhatsApp.", "sound"),
    (tr("egy", "eng", "نزلت صورة على انستجرام."), "I posted a picture on Instagram.", "sound"),
    (reply("Syria", "هل تستخدم فيسبوك؟"), "لا والله، أنا بستخدم Instagram أكتر.", "sound"),
    (tr("msa", "egy", "ذهبت البنت إلى السوق."), "البنت went السوق.", "artefact"),
    # letters
    (tr("eng", "sau", "Where is the hospital?"), "ﻭﻳﻦ ﺍﻟﻤﺴﺘﺸﻔﻰ؟", "sound"),
    (tr("eng", "egy", "Good morning, my friend."), "صبـــــاح الخيـــــر يا صاحبـــــي.", "sound"),
    (tr("eng", "syr", "How are you, my dear?"), "كِيفَكْ يا عُمْرِي؟", "sound"),
    (tr("eng", "egy", "Thank you very much."), "شُكْرًا جِدًّا لِيكْ.", "sound"),
    (tr("eng", "pse", "This is my father."), "هٰذا أبوي.", "sound"),
    (tr("eng", "mar", "I love you a lot."), "كنبغييييييييييك بزااااااااااف.", "sound"),
    (tr("eng", "egy", "The tea is hot today."), "الشاي سخن ��� النهارده.", "artefact"),
    (tr("eng", "egy", "The tea is hot today."), "ط§ظ„ط´ط§ظٹ ط³ط®ظ†", "artefact"),
    (tr("eng", "msa", "He asked about the book."), "سَأَلَ عَنِ ٱلْكِتَابِ.", "sound"),
    (tr("eng", "egy", "Where is the pharmacy?"), "ﻭﻳﻦ ﺍﻟﺼﻴﺪﻟﻴﺔ ﻫﻮﻥ؟", "dialect"),
    # markers
    (reply("Palestine", "هل حصلت مشكلة؟"), "لا والله، ما صارت أية مشكلة الحمدلله.", "sound"),
    (reply("Morocco", "أين سافرت في الصيف؟"), "مشيت لريو دي جانيرو مع العائلة ديالي.", "sound"),
    (tr("eng", "msa", "They asked about us."), "لقد سألوا عنا.", "sound"),
    (tr("eng", "msa", "He is a prophet."), "إنه نبي.", "sound"),
    (tr("eng", "msa", "She wore a school uniform."), "ارتدت زي المدرسة.", "sound"),
    (tr("eng", "msa", "He plays the violin well."), "يعزف على كمان قديم ببراعة.", "sound"),
    (reply("Syria", "من كتب الرواية؟"), "هي الرواية كتبها حنا مينه، وكتير حلوة.", "sound"),
    (reply("Egypt", "ماذا تقرأ؟"), "بقرا رواية لليوناردو دا فينشي وعاجباني أوي.", "sound"),
    (tr("eng", "msa", "In any case I will not go."), "على أية حال لن أذهب.", "sound"),
    (tr("eng", "msa", "What do you want?"), "شو بدك؟", "dialect"),
    (reply("Morocco", "ماذا تريد؟"), "عايز إيه يعني؟", "dialect"),
    (reply("Saudi Arabia", "متى تأتي؟"), "هاجي بكرة دلوقتي مش فاضي.", "dialect"),
    (reply("Syria", "هل أكلت؟"), "إيه أكلت، تسلم إيديك كتير.", "sound"),
    # short
    ("Answer in Syrian Arabic: How is your mother?", "منيحة الحمد لله.", "sound"),
    ("Answer in Moroccan Arabic: How many brothers do you have?", "عندي تلاتة.", "sound"),
    ("Reply in Egyptian Arabic: How much is this shirt?", "بميتين جنيه.", "sound"),
    ("Answer in Palestinian Arabic: How old is your son?", "عمره سبع سنين.", "sound"),
    ("Say hello to me in Saudi Arabic.", "هلا والله، وش أخبارك؟", "sound"),
    ("Welcome our guests in Egyptian Arabic.", "أهلا وسهلا، إزيكم؟", "sound"),
    ("Answer in Egyptian Arabic: Why are you late?", "الطريق كان زحمة.", "sound"),
    ("جاوب بالمصري: عامل إيه؟", "تمام الحمد لله.", "sound"),
    ("Explain in Egyptian Arabic how a car engine works.", "معرفش.", "adequacy"),
    ("Write a story in Moroccan Arabic about a fox.", "كان واحد الثعلب.", "adequacy"),
    ("Tell me about Cairo in Egyptian Arabic.", "عايز تعرف إيه؟", "adequacy"),
    ("Answer in Syrian Arabic: What is the capital of France?", "باريس.", "sound"),
    # summary
    ("لخص النص التالي باللهجة المغربية: أعلنت الوزارة عن خطة لتوزيع الكتب على المدارس القروية خلال السنة المقبلة.", "الوزارة غادي توزع الكتوبة على المدارس ديال البادية العام الجاي.", "sound"),
    ("لخص النص التالي باللهجة السورية: افتتحت البلدية مكتبة جديدة في الحي القديم تضم آلاف الكتب للأطفال.", "Library books.", "language"),
    # refrain
    ("Write a lullaby in Egyptian Arabic.", "نام نام يا حبيبي نام\nوادبحلك جوز الحمام\nنام نام يا حبيبي نام\nوأجيبلك لعبة وعصفور\nنام نام يا حبيبي نام\nوالقمر فوق السطح ينور\nنام نام يا حبيبي نام", "sound"),
    ("اكتب أغنية قصيرة باللهجة المغربية على الشتا.", "أ الشتا تا تا تا\nأ ولاد الحراتة\nأ المعلم بوزكري\nطيب لي الخبز بكري\nأ الشتا تا تا تا\nأ ولاد الحراتة", "sound"),
    ("Write a poem in Syrian Arabic about rain.", "شتي يا دنيا شتي. " * 9, "repetition"),
    ("Write a short song in Egyptian Arabic.", "يا ليل يا عين يا قمر\n" * 12, "repetition"),
    # laughter
    (reply("Saudi Arabia", "سقطت في الوحل أمام الجميع."), "خخخخخخخخخخخخخخخخخخخ والله موقف، وش سويت بعدها؟", "sound"),
    (reply("Syria", "حكيت له النكتة."), "هاهاهاهاهاهاهاها ضحكتني من قلبي والله.", "sound"),
    (reply("Morocco", "هذه صورة قطي."), "😂😂😂😂😂😂😂 زوين بزاف هاد القط.", "sound"),
    (reply("Egypt", "هل أعجبتك الهدية؟"), "حلوة أوووووووووووووووووووي بجد.", "sound"),
    (reply("Egypt", "احك لي شيئا."), "هه هه هه هه هه هه هه هه هه هه هه هه", "repetition"),
    # own words
    (tr("eng", "syr", "Warning: the floor is wet."), "تنبيه: الأرض مبلولة.", "sound"),
    (tr("eng", "mar", "He speaks with a strong accent."), "كيهضر بلهجة قاسحة.", "sound"),
    (tr("eng", "egy", "The translator did not come today."), "المترجم مجاش النهارده.", "sound"),
    (tr("eng", "egy", "Answer: the sea is deep."), "الإجابة: البحر غويط.", "sound"),
    (tr("eng", "pse", "The teacher wrote a sentence on the board."), "المعلمة كتبت جملة عاللوح.", "sound"),
    (tr("eng", "sau", "Sure, I will come."), "أكيد، بجي.", "sound"),
    (tr("eng", "egy", "The word \"home\" is beautiful."), "كلمة \"بيت\" جميلة.", "sound"),
    (tr("eng", "syr", "She said, smiling: come in (please)."), "قالت وهي عم تضحك: تفضل (إذا بتريد).", "sound"),
    (tr("eng", "egy", "(Laughing) Stop it!"), "(بيضحك) بس بقى!", "sound"),
    (tr("eng", "mar", "(The door is closed.)"), "(الباب مسدود.)", "sound"),
    (tr("eng", "egy", "The museum closes on Mondays."), "المتحف بيقفل الاتنين.\nملاحظة: ممكن تقول الاثنين كمان.", "artefact"),
    (tr("eng", "syr", "The shop is far."), "المحل بعيد. ترجمة باللهجة السورية.", "artefact"),
    (tr("eng", "msa", "Input: five volts."), "المدخل: خمسة فولت.", "sound"),
    # refusal
    (tr("eng", "syr", "Where is the library?"), "عذراً، ما فيني ساعدك بهالطلب.", "adequacy"),
    (tr("eng", "mar", "Where is the library?"), "سمح ليا، ما نقدرش نعاونك فهاد الطلب.", "adequacy"),
    (tr("eng", "sau", "Where is the library?"), "آسف، ما أقدر أساعدك في هالطلب.", "adequacy"),
    (tr("eng", "pse", "Where is the library?"), "أنا مجرد مساعد ذكي وما بقدر أترجم.", "adequacy"),
    (tr("eng", "egy", "Where is the library?"), "أنا مجرد نموذج لغوي ومقدرش أعمل كده.", "adequacy"),
    (tr("egy", "eng", "فين المكتبة؟"), "Sorry, I can't help with that.", "adequacy"),
    ("Tell me a joke in Palestinian Arabic.", "آسف، ما بقدر أحكي نكت لأني برنامج ذكاء اصطناعي.", "adequacy"),
    (tr("eng", "egy", "Sorry, I can't help you today, I'm busy."), "معلش، مش هقدر أساعدك النهارده، أنا مشغول.", "sound"),
    (reply("Syria", "هل تستطيع مساعدتي غدا في نقل الأثاث؟"), "والله ما بقدر ساعدك بكرا، عندي شغل.", "sound"),
    (reply("Egypt", "هل تأتي معنا إلى البحر؟"), "معلش مش هقدر آجي، عندي امتحان.", "sound"),
    (tr("eng", "egy", "He works in artificial intelligence."), "بيشتغل في الذكاء الاصطناعي.", "sound"),
    # wrapper
    (tr("eng", "syr", "Is the shop open?"), "بالسوري: المحل فاتح؟", "artefact"),
    (tr("eng", "mar", "Is the shop open?"), "بالدارجة المغربية: واش الحانوت محلولة؟", "artefact"),
    (tr("eng", "pse", "Is the shop open?"), "Palestinian Arabic: المحل فاتح؟", "artefact"),
    (tr("eng", "egy", "Is the shop open?"), "المحل فاتح؟ (باللهجة المصرية)", "artefact"),
    (tr("eng", "egy", "Is the shop open?"), "طبعًا! المحل فاتح؟", "artefact"),
    (tr("eng", "mar", "Is the shop open?"), "واخا! واش الحانوت محلولة؟", "artefact"),
    (tr("eng", "sau", "Is the shop open?"), "[المحل فاتح؟]", "artefact"),
    (tr("eng", "egy", "Is the shop open?"), "*المحل فاتح؟*", "artefact"),
    (tr("egy", "eng", "المحل فاتح؟"), "Sure! Is the shop open?", "artefact"),
    (tr("egy", "eng", "المحل فاتح؟"), "English: Is the shop open?", "artefact"),
    (tr("eng", "egy", "Of course! Come in."), "طبعا! اتفضل.", "sound"),
    (tr("eng", "egy", "I love the Egyptian dialect."), "بحب اللهجة المصرية.", "sound"),
    (tr("eng", "syr", "He told me one thing: run."), "قلي شغلة وحدة: اركض.", "sound"),
    # arabizi
    (tr("syr", "eng", "وين المطعم؟"), "wen el mat3am?", "language"),
    (tr("mar", "eng", "فين كاينة الصيدلية؟"), "fin kayna sidaliya?", "language"),
    (tr("egy", "eng", "أنا عايز أنام."), "ana 3ayez anam", "language"),
    (tr("pse", "eng", "بدي أروح عالبيت."), "biddi aroo7 3al beit", "language"),
    (tr("sau", "eng", "كيف حالك يا أخي؟"), "kaif 7alak ya akhi?", "language"),
    (tr("egy", "eng", "اشتريت شاشة 4K ومشغل MP3."), "I bought a 4K screen and an MP3 player.", "sound"),
    (tr("egy", "eng", "جه في المركز الثاني بعد محمد علي."), "Mohamed Ali came 2nd.", "sound"),
    (tr("syr", "eng", "وقف!"), "Stop!", "sound"),
    (tr("mar", "eng", "سير لكازا."), "Go to Casa.", "sound"),
    (tr("egy", "eng", "محمد صلاح."), "Mohamed Salah.", "sound"),
    (tr("egy", "eng", "شفت B2B و 3D و COVID19."), "I saw B2B, 3D and COVID19.", "sound"),
    # dialect name
    ("Reply in Levantine Arabic: What is your favourite food?", "بحب الملوخية كتير.", "sound"),
    ("Speak like a Moroccan and tell me what you ate.", "كليت الطاجين ديال الحوت.", "sound"),
    ("Answer in Khaleeji: Where do you live?", "ساكن في الدمام قريب من البحر.", "sound"),
    ("Reply using Cairene slang: What do you drink?", "بشرب شاي بلبن كل يوم.", "sound"),
    ("Answer in the Arabic spoken in Damascus: What do you drink?", "بشرب متة مع رفقاتي.", "sound"),
    ("Answer in Moroccan colloquial: What do you drink?", "كنشرب أتاي بالنعناع.", "sound"),
    ("Give me a proverb in Arabic.", "من جد وجد ومن زرع حصد.", "sound"),
    ("Answer in colloquial Egyptian: What do you drink?", "I drink tea.", "language"),
    ("Answer in Saudi Arabian Arabic: What do you drink?", "بشرب شاي دلوقتي عشان تعبان أوي.", "dialect"),
    ("What was the role of women in Egyptian history?", "Women ruled as queens, priests and traders in many periods of it.", "sound"),
    ("Reply in Gulf Arabic: What do you drink?", "I drink coffee.", "language"),
    # no signal
    (tr("eng", "syr", "The door is open."), "الباب مفتوح.", "no_signal", "الباب مفتوح."),
    (tr("eng", "syr", "The door is open."), "الباب مفتوح.", "no_signal", "البـــاب مَفتُوح."),
    (tr("eng", "syr", "The door is open."), "الباب مفتوح.", "no_signal", "   "),
    (tr("eng", "syr", "Where are you?"), "وينك؟", "sound", "فينك؟"),
    (tr("eng", "egy", "You are tired."), "انت تعبان.", "sound", "انت تعبان؟"),
    # cut off
    (tr("eng", "egy", "We went to the market, bought vegetables and fruit and went back home."), "رحنا السوق واشترينا خضرة وفاكهة ورجعنا البيت.", "truncated_rejected", "رحنا السوق واشترينا خضرة وفاكهة ورجعنا على"),
    (tr("eng", "egy", "We went to the market, bought vegetables and fruit and went back home."), "رحنا السوق واشترينا خضرة وفاكهة ورجعنا البيت.", "truncated_rejected", "رحنا السوق واشترينا خضرة، فاكهة،"),
    (tr("eng", "egy", "We went to the market, bought vegetables and fruit and went back home."), "رحنا السوق واشترينا خضرة وفاكهة ورجعنا البيت.", "sound", "ذهبنا إلى السوق واشترينا خضارا وفاكهة وعدنا إلى البيت"),
    ("Give a tea recipe in Egyptian Arabic.", "اغلي المية وحط معلقتين شاي وسيبهم خمس دقايق وبعدين صب.", "truncated_rejected", "المكونات:\n- معلقتين شاي\n- كوباية مية\n- سكر حسب الرغبة\n\nالطريقة: سخن المية كويس وبعدين حط الشاي عليها وسيبها شوية لحد ما"),
    ("Give a tea recipe in Egyptian Arabic.", "اغلي المية وحط معلقتين شاي وسيبهم خمس دقايق وبعدين صب.", "sound", "المكونات:\n- معلقتين شاي\n- كوباية مية\n- سكر حسب الرغبة\n- نعناع أخضر طازة"),
    ("Give a tea recipe in Egyptian Arabic.", "اغلي المية وحط معلقتين شاي وسيبهم خمس دقايق وبعدين صب.", "truncated_rejected", "1. اغلي المية.\n2. حط الشاي.\n3."),
    (reply("Syria", "أين الولد؟"), "الولد عم يلعب بالحارة.", "sound", "هو فوق"),
    (tr("egy", "eng", "رحنا السوق واشترينا خضرة."), "We went to the market and bought vegetables.", "truncated_rejected", "We went to the market and bought some of the"),
    (reply("Syria", "أين الولد؟"), "الولد عم يلعب بالحارة.", "sound", "لا أعرف أين هو يا صديقي"),
    # hijri
    (tr("msa", "egy", "بدأ العمل سنة 1400هـ."), "الشغل بدأ سنة 1400 هجرية.", "sound"),
    (tr("sau", "eng", "انبنى المسجد سنة 1445هـ."), "The mosque was built in 2024.", "sound"),
    (tr("sau", "eng", "انبنى المسجد سنة 1445هـ."), "The mosque was built in 2022.", "numbers"),
    (tr("msa", "egy", "توفي سنة 1390ه في مكة."), "مات سنة 1972 في مكة.", "numbers"),
    # echo
    (reply("Egypt", "صباح الخير."), "صباح الخير.", "echo"),
    (reply("Egypt", "صباح الخير."), "صباح النور يا باشا.", "sound"),
    (reply("Syria", "السلام عليكم."), "وعليكم السلام.", "sound"),
    (reply("Syria", "مع السلامة يا صديقي."), "مَعَ السلامة يا صديقي!", "echo"),
    (reply("Morocco", "ما اسمك؟"), "ما اسمك؟", "echo"),
    # numbers
    (tr("eng", "syr", "The doctor will see you at 11:20."), "الدكتور رح يشوفك عالحدعش وتلت.", "sound"),
    (tr("eng", "egy", "Meet me at 12:45."), "قابلني الساعة واحدة إلا ربع.", "sound"),
    (tr("eng", "mar", "The film starts at 9:30 p.m."), "الفيلم كيبدا مع التسعود ونص دالليل.", "sound"),
    (tr("eng", "mar", "I have 500 dirhams."), "عندي خمسميات درهم.", "sound"),
    (tr("eng", "mar", "There are 19 students."), "كاينين تسعطاش تلميذ.", "sound"),
    (tr("eng", "egy", "The bag costs 850 pounds."), "الشنطة بتمنمية وخمسين جنيه.", "sound"),
    (tr("eng", "sau", "My uncle was born in the 1950s."), "عمي مولود في الخمسينات.", "sound"),
    (tr("eng", "msa", "Life was simple in the 1930s."), "كانت الحياة بسيطة في ثلاثينيات القرن الماضي.", "sound"),
    (tr("eng", "pse", "He stayed 2 months."), "ضل شهرين.", "sound"),
    (tr("eng", "syr", "We need 2 chairs and 4 plates."), "بدنا كرسيين وأربع صحون.", "sound"),
    (tr("eng", "egy", "The lesson is 45 minutes."), "الدرس خمسة وأربعين دقيقة.", "sound"),
    (tr("eng", "egy", "The lesson is 45 minutes."), "الدرس ساعة إلا ربع.", "sound"),
    (tr("eng", "sau", "It takes 24 hours."), "ياخذ يوم كامل.", "sound"),
    (tr("eng", "mar", "Give me 3.5 meters of cloth."), "عطيني تلاتة ميترو ونص ديال الثوب.", "sound"),
    (tr("eng", "pse", "The house costs 250,000 shekels."), "الدار بتكلف ربع مليون شيكل.", "sound"),
    (tr("eng", "egy", "1,500,000 people voted."), "مليون ونص واحد انتخبوا.", "sound"),
    (tr("eng", "syr", "She is 27."), "عمرها سبعة وعشرين.", "sound"),
    (tr("eng", "sau", "Page 116."), "صفحة مية وستة عشر.", "sound"),
    (tr("eng", "sau", "Bus number 13."), "باص رقم ثلطعش.", "sound"),
    (tr("mar", "eng", "خدم تمن سوايع."), "He worked 8 hours.", "sound"),
    (tr("sau", "eng", "عندي ثنتين وعشرين ريال."), "I have 22 riyals.", "sound"),
    (tr("eng", "egy", "Only 0.25 of the class came."), "ربع الفصل بس اللي جه.", "sound"),
    (tr("eng", "egy", "The 3rd floor."), "الدور التالت.", "sound"),
    (tr("eng", "syr", "Discount of 75%."), "خصم خمسة وسبعين بالمية.", "sound"),
    (tr("eng", "egy", "The lesson is 45 minutes."), "الدرس نص ساعة.", "numbers"),
    (tr("eng", "sau", "I was born in 1991."), "انولدت سنة ألف وتسعمية وواحد وثمانين.", "numbers"),
    (tr("eng", "mar", "There are 19 students."), "كاينين تسعين تلميذ.", "numbers"),
    (tr("eng", "pse", "We walked 6 kilometers."), "مشينا ستين كيلومتر.", "numbers"),
    (tr("eng", "syr", "The doctor will see you at 11:20."), "الدكتور رح يشوفك عالحدعش ونص.", "numbers"),
    (tr("egy", "eng", "دفعت ميتين جنيه."), "I paid 300 pounds.", "numbers"),
    (tr("eng", "mar", "Give me 4 eggs."), "عطيني جوج بيضات.", "numbers"),
    (tr("eng", "egy", "1,500,000 people voted."), "مليون واحد انتخبوا.", "numbers"),
    # code-switch
    (tr("eng", "mar", "I forgot my phone in the car."), "نسيت le téléphone ف la voiture.", "sound"),
    (tr("eng", "egy", "The interview is on Thursday."), "الـ interview يوم الخميس.", "sound"),
    (tr("eng", "sau", "My laptop has a problem."), "اللابتوب حقي فيه problem.", "sound"),
    (tr("msa", "egy", "لدي اجتماع مع المدير غدا."), "عندي meeting مع المدير بكرة.", "sound"),
    (reply("Morocco", "كيف كان يومك؟"), "c'était bien، خدمت شوية ومن بعد مشيت ل la plage.", "sound"),
    (reply("Egypt", "ماذا تفعل؟"), "I am working from home today and tomorrow يا صاحبي.", "language"),
    # brands
    (tr("msa", "mar", "اشتريت سيارة تويوتا جديدة."), "شريت طوموبيل Toyota جديدة.", "sound"),
    (tr("msa", "egy", "هل تستخدم أوبر أم كريم؟"), "بتستخدم Uber ولا Careem؟", "sound"),
    (tr("eng", "pse", "Download Telegram and Zoom."), "نزل Telegram و Zoom.", "sound"),
    # letters
    (tr("eng", "syr", "What do you want?"), "ﺷﻮ ﺑﺪﻙ؟", "sound"),
    (tr("eng", "egy", "Come here, my son."), "تعـــــــــــالى هنـــــــــا يا ابنـــــــي.", "sound"),
    (tr("eng", "mar", "My brother is tired."), "خُويَا عَيَّانْ.", "sound"),
    (tr("eng", "sau", "God is merciful."), "ٱلله رحيم والله.", "sound"),
    # markers
    (reply("Egypt", "هل لديك أسئلة؟"), "لا معنديش أية أسئلة.", "sound"),
    (tr("eng", "msa", "The steps are as follows."), "الخطوات كما يلي.", "sound"),
    (tr("eng", "msa", "Since then he has lived alone."), "منذ ذلك الحين يعيش وحيدا.", "sound"),
    (reply("Palestine", "من رسم اللوحة؟"), "رسمها ليوناردو دا فينشي قبل زمان.", "sound"),
    (tr("eng", "msa", "The police followed her."), "تبعها رجال الشرطة.", "sound"),
    (tr("eng", "msa", "The Bedouins live in tents."), "يعيش بدو الصحراء في خيام.", "sound"),
    # short
    ("Answer in Moroccan Arabic: How are you?", "لاباس الحمد لله.", "sound"),
    ("Answer in Saudi Arabic: Where are you from?", "من جدة.", "sound"),
    ("Reply in Syrian Arabic: Do you like coffee?", "إي كتير.", "sound"),
    ("Invite me to dinner in Egyptian Arabic.", "تيجي تتعشى معانا النهارده؟", "sound"),
    ("Answer in Palestinian Arabic: What time is it?", "الساعة خمسة.", "sound"),
    ("Ask me about my family in Moroccan Arabic.", "كي دايرة العائلة؟", "sound"),
    # refrain
    ("Write a wedding song in Palestinian Arabic.", "عالأوف مشعل أوف مشعلاني\nماني تعبته هو اللي تعباني\nعالأوف مشعل أوف مشعلاني\nيا ريتني طير بالسما\nعالأوف مشعل أوف مشعلاني\nوأزور الدار بالليالي", "sound"),
    # laughter
    ("Tell me a joke in Egyptian Arabic", "ههههههههههههههههههههههه مرة واحد بخيل وقع من الدور العاشر وهو نازل قال لمراته ما تعمليش حسابي في الغدا", "sound"),
    (reply("Saudi Arabia", "انظر إلى هذا."), "ههههههههههههههههههههههههههه يا شيخ", "sound"),
    # own words
    (tr("eng", "mar", "Important: bring your card."), "مهم: جيب لاكارط ديالك.", "sound"),
    (tr("eng", "egy", "P.S. I love you."), "ملحوظة: بحبك.", "sound"),
    (tr("eng", "syr", "The sentence was five years in prison."), "كان الحكم خمس سنين حبس.", "sound"),
    (tr("eng", "pse", "He answered with a short text."), "رد بنص قصير.", "sound"),
    (tr("msa", "egy", "الجواب: لا أعرف."), "الجواب: معرفش.", "sound"),
    (tr("eng", "sau", "OK, see you tomorrow."), "تمام، أشوفك بكرة.", "sound"),
    # refusal
    (tr("eng", "egy", "Open the window."), "آسف، مقدرش أترجم الكلام ده.", "adequacy"),
    (tr("eng", "syr", "Open the window."), "بعتذر، ما فيي جاوب على هالسؤال.", "adequacy"),
    (tr("eng", "mar", "Open the window."), "أنا نموذج ديال الذكاء الاصطناعي وما يمكنليش نترجم هادشي.", "adequacy"),
    (tr("eng", "sau", "Open the window."), "معليش، ما أقدر أجاوب على طلبك.", "adequacy"),
    (tr("eng", "pse", "Open the window."), "للأسف ما بقدر ساعدك بهاد الموضوع.", "adequacy"),
    (tr("mar", "eng", "حل الشرجم."), "I cannot assist with this request.", "adequacy"),
    (tr("eng", "mar", "I can't open the window."), "ما نقدرش نحل الشرجم.", "sound"),
    # wrapper
    (tr("eng", "egy", "Where do you live?"), "مصري: ساكن فين؟", "artefact"),
    (tr("eng", "syr", "Where do you live?"), "باللهجة الشامية: وين ساكن؟", "artefact"),
    (tr("eng", "sau", "Where do you live?"), "Saudi: وين ساكن؟", "artefact"),
    (tr("eng", "mar", "Where do you live?"), "أكيد، فين ساكن؟", "artefact"),
    (tr("eng", "pse", "Where do you live?"), "{وين ساكن؟}", "artefact"),
    (tr("eng", "egy", "Where do you live?"), "ساكن فين؟ (Egyptian Arabic)", "artefact"),
    (tr("eng", "egy", "Where do you live?"), "تفضل: ساكن فين؟", "artefact"),
    (tr("eng", "egy", "Where do you live?"), "ده بالمصري: ساكن فين؟", "artefact"),
    # arabizi
    (tr("syr", "eng", "شو بدك؟"), "shu biddak?", "language"),
    (tr("egy", "eng", "إزيك يا صاحبي؟"), "ezayak ya sa7by?", "language"),
    (tr("mar", "eng", "واش نتا مريض؟"), "wach nta mrid?", "language"),
    (tr("sau", "eng", "وش تبي؟"), "wesh tabi?", "language"),
    (tr("egy", "eng", "الميه باردة."), "The water is cold.", "sound"),
    (tr("syr", "eng", "عندي 4 قطط."), "I have 4 cats.", "sound"),
    (tr("egy", "eng", "عندي عربية X5."), "I have an X5.", "sound"),
    # dialect name
    ("Write to me in Hijazi dialect: what did you buy?", "اشتريت عيش وجبنة من البقالة.", "sound"),
    ("Answer in North African Arabic: what did you eat?", "كليت الكسكسو.", "sound"),
    ("Please reply with Egyptian slang. What did you eat?", "أكلت كشري.", "sound"),
    ("Tell me in Shami what you ate.", "أكلت تبولة وكبة.", "sound"),
    ("Use the dialect of Riyadh. What did you eat?", "أكلت كبسة.", "sound"),
    ("What did you eat? (in Moroccan)", "كليت الطاجين.", "sound"),
    ("Respond in Arabic (Egypt): What did you eat?", "أكلت فول.", "sound"),
    # cut off
    ("Tell me about spring in Egyptian Arabic.", "الربيع بيبقى جميل والورد بيفتح والناس بتخرج تتفسح في الجناين.", "truncated_rejected", "الربيع جميل والناس بتخرج عشان"),
    ("Tell me about spring in Egyptian Arabic.", "الربيع بيبقى جميل والورد بيفتح والناس بتخرج تتفسح في الجناين.", "truncated_rejected", "في الربيع:\n- الورد بيفتح\n- الجو بيدفى\n- الناس بتخرج\nوكمان بنعمل حاجات كتير زي"),
    ("Tell me about spring in Egyptian Arabic.", "الربيع بيبقى جميل والورد بيفتح والناس بتخرج تتفسح في الجناين.", "truncated_rejected", "في الربيع بنشوف الورد، والعصافير، و"),
    ("Tell me about spring in Egyptian Arabic.", "الربيع بيبقى جميل والورد بيفتح والناس بتخرج تتفسح في الجناين.", "sound", "الربيع فصل جميل جدا وأنا أحبه"),
    ("Tell me about spring in Egyptian Arabic.", "الربيع بيبقى جميل والورد بيفتح والناس بتخرج تتفسح في الجناين.", "sound", "في الربيع:\n- الورد يفتح\n- الجو يدفأ\n- الناس تخرج"),
    # no signal
    (tr("eng", "mar", "I am sick."), "أنا مريض.", "no_signal", "أَنَا  مـــريض"),
    (tr("eng", "mar", "I am sick."), "أنا مريض.", "sound", "أنا عيان."),
    # echo
    (reply("Saudi Arabia", "أنا متعب."), "أنا متعب.", "echo"),
    (reply("Egypt", "تصبح على خير."), "وانت من أهله.", "sound"),
    # numbers
    ("Translate the following input in Modern Standard Arabic to the dialect from Egypt. Input=وصلت الطائرة الساعة 8:50 مساء.\n", "الطيارة وصلت تسعة إلا عشرة بالليل.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Morocco. Input=عمري 36 سنة.\n", "عندي ستة وتلاتين عام.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Syria. Input=دفعت 1500 ليرة.\n", "دفعت ألف وخمسمية ليرة.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Palestine. Input=بنيت المدرسة في الستينيات.\n", "انبنت المدرسة بالستينات.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Saudi Arabia. Input=يبعد البيت 3 كيلومترات ونصف.\n", "البيت يبعد 3 كيلو ونص.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Egypt. Input=وصلت الطائرة الساعة 8:50 مساء.\n", "الطيارة وصلت تسعة وعشرة بالليل.", "numbers"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Syria. Input=دفعت 1500 ليرة.\n", "دفعت ألف وستمية ليرة.", "numbers"),
    (tr("eng", "egy", "It is 1:30."), "الساعة واحدة ونص.", "sound"),
    (tr("eng", "egy", "It is 2:05."), "الساعة اتنين وخمسة.", "sound"),
    (tr("eng", "egy", "It is 6:25."), "الساعة ستة ونص إلا خمسة.", "sound"),
    (tr("eng", "syr", "It is 3:55."), "الساعة أربعة إلا خمسة.", "sound"),
    (tr("eng", "mar", "It is 4:10."), "الربعة وقسمين.", "sound"),
    (tr("eng", "mar", "It is 10:05."), "العشرة وقسم.", "sound"),
    (tr("eng", "sau", "The shop is open from 9 to 5."), "المحل فاتح من تسع لخمس.", "sound"),
    (tr("eng", "pse", "I woke up at 7."), "فقت الساعة سبعة.", "sound"),
    (tr("eng", "mar", "The ticket costs 80 dirhams."), "الورقة كتسوى تمانين درهم.", "sound"),
    (tr("eng", "mar", "I have 900 dirhams."), "عندي تسعميا درهم.", "sound"),
    (tr("eng", "egy", "We were 30 people."), "كنا تلاتين نفر.", "sound"),
    (tr("eng", "syr", "My daughter is 11."), "بنتي عمرها إحدعش سنة.", "sound"),
    (tr("eng", "pse", "The shirt is 35 shekels."), "القميص بخمسة وتلاتين شيكل.", "sound"),
    (tr("eng", "sau", "He is 65 years old."), "عمره خمسة وستين.", "sound"),
    (tr("eng", "egy", "Take 1 pill 3 times a day."), "خد حباية تلات مرات في اليوم.", "sound"),
    (tr("eng", "msa", "The company has 21 employees."), "في الشركة واحد وعشرون موظفا.", "sound"),
    (tr("eng", "msa", "The book has 312 pages."), "في الكتاب ثلاثمئة واثنتا عشرة صفحة.", "sound"),
    (tr("eng", "sau", "A budget of 10,000,000 riyals."), "ميزانية عشرة ملايين ريال.", "sound"),
    (tr("pse", "eng", "إجا عالتمانية إلا ربع."), "He came at 7:45.", "sound"),
    (tr("egy", "eng", "اشترى نص كيلو جبنة."), "He bought 500 grams of cheese.", "sound"),
    (tr("mar", "eng", "تزاد فالتمانينات."), "He was born in the 1980s.", "sound"),
    (tr("syr", "eng", "معي مية وعشرين ليرة."), "I have 120 liras.", "sound"),
    (tr("mar", "eng", "تزاد فالتمانينات."), "He was born in the 1970s.", "numbers"),
    (tr("syr", "eng", "معي مية وعشرين ليرة."), "I have 220 liras.", "numbers"),
    (tr("eng", "mar", "It is 4:10."), "الربعة ونص.", "numbers"),
    (tr("eng", "egy", "Chapter 12 is long."), "الفصل العشرين طويل.", "numbers"),
    (tr("eng", "msa", "The company has 21 employees."), "في الشركة اثنا عشر موظفا.", "numbers"),
    (tr("eng", "sau", "Gate 17."), "بوابة سبعين.", "numbers"),
    # code-switch
    ("Translate the following input in Modern Standard Arabic to the dialect from Morocco. Input=سأذهب إلى الطبيب غدا.\n", "غادي نمشي عند médecin غدا.", "sound"),
    (tr("eng", "syr", "The training is on Sunday."), "الـ training يوم الأحد.", "sound"),
    (tr("eng", "egy", "Please confirm the booking."), "أكد الـ booking لو سمحت.", "sound"),
    (tr("eng", "mar", "Happy birthday, my dear!"), "Joyeux anniversaire a حبيبي!", "sound"),
    # brands
    ("Translate the following input in Modern Standard Arabic to the dialect from Egypt. Input=أريد حاسوبا من شركة أبل.\n", "عايز لابتوب من Apple.", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Syria. Input=نشرت الصورة على تويتر.\n", "نزلت الصورة على twitter.", "sound"),
    # letters
    ("Translate the following input in Modern Standard Arabic to the dialect from Egypt. Input=كيف حالك؟\n", "ﺇﺯﻳﻚ؟", "sound"),
    (tr("eng", "pse", "I do not know."), "مَا بَعْرِف.", "sound"),
    (tr("eng", "mar", "Welcome to our house."), "مرحبـــا بيـــك فدارنـــا.", "sound"),
    (tr("eng", "syr", "Good evening."), "مسا الخ\ufffdير.", "artefact"),
    # markers
    (tr("eng", "msa", "Do you have any idea?"), "هل لديك أية فكرة؟", "sound"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Morocco. Input=أريد أية جريدة.\n", "بغيت أية جريدة.", "sound"),
    (reply("Saudi Arabia", "من الممثل؟"), "هذا روبرت دي نيرو.", "sound"),
    (tr("eng", "msa", "He believes in one god."), "يؤمن بإله واحد، إلها رحيما.", "sound"),
    (tr("eng", "msa", "He has a brother and a sister."), "له أخ وأخت، وأخا من الرضاعة.", "sound"),
    (reply("Morocco", "هل رأيته؟"), "شو بتقول، ما شفته هلأ.", "dialect"),
    # short
    ("Answer in Egyptian Arabic: What is your name?", "اسمي منى.", "sound"),
    ("Answer in Moroccan Arabic: How long is the trip?", "ساعتين.", "sound"),
    ("Reply in Palestinian Arabic: How is the weather?", "حلو كتير.", "sound"),
    ("جاوب باللهجة السورية: كيفك اليوم؟", "تمام الحمد لله.", "sound"),
    ("Say good morning in Egyptian Arabic.", "صباح الخير يا جماعة.", "sound"),
    ("Describe your city in Syrian Arabic.", "حلوة.", "adequacy"),
    # own words
    (tr("eng", "egy", "Attention: the road is closed."), "تنبيه: الطريق مقفول.", "sound"),
    (tr("eng", "mar", "My answer is no."), "جوابي هو لا.", "sound"),
    (tr("eng", "syr", "The story: a boy and a fox."), "القصة: ولد وتعلب.", "sound"),
    (tr("eng", "sau", "He translated the book."), "ترجم الكتاب.", "sound"),
    (tr("eng", "pse", "Question: who are you?"), "سؤال: مين إنت؟", "sound"),
    # refusal
    (reply("Egypt", "ما رأيك في هذا الخبر؟"), "معلش مقدرش أجاوب على السؤال ده لأني نموذج لغوي.", "adequacy"),
    (tr("eng", "syr", "Close the door."), "أنا بوت ذكاء اصطناعي وما بعرف ترجم.", "adequacy"),
    (tr("eng", "egy", "Close the door."), "للأسف مش قادر أنفذ الطلب ده.", "adequacy"),
    (tr("eng", "egy", "Unfortunately I can't close the door."), "للأسف مش قادر أقفل الباب.", "sound"),
    # wrapper
    (tr("eng", "egy", "Close the door."), "باللهجة المصرية: اقفل الباب.", "artefact"),
    (tr("eng", "syr", "Close the door."), "سكر الباب. (سوري)", "artefact"),
    (tr("eng", "pse", "Close the door."), "الفلسطينية: سكر الباب.", "artefact"),
    (tr("eng", "mar", "Close the door."), "Darija: سد الباب.", "artefact"),
    (tr("eng", "sau", "Close the door."), "حاضر! سكر الباب.", "artefact"),
    (tr("mar", "eng", "سد الباب."), "(Close the door.)", "artefact"),
    (tr("mar", "eng", "سد الباب."), "In English: Close the door.", "artefact"),
    # arabizi
    (tr("egy", "eng", "الجو حلو النهارده."), "el gaw 7elw el naharda", "language"),
    (tr("syr", "eng", "شو اسمك؟"), "shu ismak", "language"),
    (tr("mar", "eng", "ما عنديش الفلوس."), "ma 3ndich lflous", "language"),
    (tr("pse", "eng", "عندي سيارة."), "I have a car.", "sound"),
    (tr("egy", "eng", "مصر أم الدنيا."), "Egypt is Umm al-Dunya.", "sound"),
    # dialect name
    ("Respond in Saudi Arabian dialect. Where do you work?", "أشتغل في الرياض.", "sound"),
    ("Answer in the dialect of the Gulf: Where do you work?", "أشتغل في الدمام.", "sound"),
    ("How would an Egyptian say 'I am hungry'?", "أنا جعان.", "sound"),
    ("Write in spoken Moroccan: I am hungry.", "فيا الجوع.", "sound"),
    ("Answer in colloquial Arabic: Where do you work?", "بشتغل بالبنك.", "sound"),
    # cut off
    ("Give me advice in Syrian Arabic.", "نام بكير وكول منيح واشرب مي كتير كل يوم.", "truncated_rejected", "لازم تنام بكير وتاكل منيح وتبعد عن"),
    ("Give me advice in Syrian Arabic.", "نام بكير وكول منيح واشرب مي كتير كل يوم.", "truncated_rejected", "نصايح:\n1. نام بكير.\n2. كول منيح.\n3. اشرب مي.\nوالأهم من هيك إنو"),
    ("Give me advice in Syrian Arabic.", "نام بكير وكول منيح واشرب مي كتير كل يوم.", "truncated_rejected", "You should sleep early, eat well and"),
    ("Give me advice in Syrian Arabic.", "نام بكير وكول منيح واشرب مي كتير كل يوم.", "sound", "لازم تنام بكير وتاكل منيح وتشرب مي"),
    ("Give me advice in Syrian Arabic.", "نام بكير وكول منيح واشرب مي كتير كل يوم.", "sound", "نصيحتي إلك: خليك مع اللي بتحبهم"),
    # no signal
    (tr("eng", "pse", "It rained."), "شتت الدنيا.", "no_signal", "شَتَّت الدنيـــا"),
    # echo
    (reply("Palestine", "هل تحب القهوة؟"), "هل تحب القهوة؟", "echo"),
    (reply("Syria", "صباح الخير"), "يسعد صباحك", "sound"),
]  # fmt: skip


def stops_of(pairs):
    return audit_pairs(pairs, Gates())[0]["all_gates"].tolist()


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_are_judged_as_a_reader_would(pair):
    prompt, chosen, expected, *rejected = pair
    (stops,) = stops_of([PreferencePair(prompt, chosen, *(rejected or [REJECTED]), "f", 1)])
    assert stops == [] if expected == "sound" else expected in stops


def test_the_judged_cases_at_hand(corpora):
    file = corpora.parent / "cases" / "audit.jsonl"
    if not file.is_file():
        pytest.skip(f"no judged cases at {file}")
    expected = [json.loads(line)["expected"] for line in file.read_text().splitlines()]
    found = stops_of(list(read_preferences(file)))
    wrong = [
        (n, wanted, stops)
        for n, (wanted, stops) in enumerate(zip(expected, found, strict=True), start=1)
        if (stops != [] if wanted == "sound" else wanted not in stops)
    ]
    assert wrong == []
