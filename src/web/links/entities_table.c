/* Written by tables.py; not to be edited. */
#include "web/links/entities_table.h"

const char entity_names[] =
    "AEligAMPAacuteAbreveAcircAcyAfrAgraveAlphaAmacrAndAogonAopfApplyFunctionAringAscrAssignAtildeAumlBackslashBarv"
    "BarwedBcyBecauseBernoullisBetaBfrBopfBreveBscrBumpeqCHcyCOPYCacuteCapCapitalDifferentialDCayleysCcaronCcedilCc"
    "ircCconintCdotCedillaCenterDotCfrChiCircleDotCircleMinusCirclePlusCircleTimesClockwiseContourIntegralCloseCurl"
    "yDoubleQuoteCloseCurlyQuoteColonColoneCongruentConintContourIntegralCopfCoproductCounterClockwiseContourIntegr"
    "alCrossCscrCupCupCapDDDDotrahdDJcyDScyDZcyDaggerDarrDashvDcaronDcyDelDeltaDfrDiacriticalAcuteDiacriticalDotDia"
    "criticalDoubleAcuteDiacriticalGraveDiacriticalTildeDiamondDifferentialDDopfDotDotDotDotEqualDoubleContourInteg"
    "ralDoubleDotDoubleDownArrowDoubleLeftArrowDoubleLeftRightArrowDoubleLeftTeeDoubleLongLeftArrowDoubleLongLeftRi"
    "ghtArrowDoubleLongRightArrowDoubleRightArrowDoubleRightTeeDoubleUpArrowDoubleUpDownArrowDoubleVerticalBarDownA"
    "rrowDownArrowBarDownArrowUpArrowDownBreveDownLeftRightVectorDownLeftTeeVectorDownLeftVectorDownLeftVectorBarDo"
    "wnRightTeeVectorDownRightVectorDownRightVectorBarDownTeeDownTeeArrowDownarrowDscrDstrokENGETHEacuteEcaronEcirc"
    "EcyEdotEfrEgraveElementEmacrEmptySmallSquareEmptyVerySmallSquareEogonEopfEpsilonEqualEqualTildeEquilibriumEscr"
    "EsimEtaEumlExistsExponentialEFcyFfrFilledSmallSquareFilledVerySmallSquareFopfForAllFouriertrfFscrGJcyGTGammaGa"
    "mmadGbreveGcedilGcircGcyGdotGfrGgGopfGreaterEqualGreaterEqualLessGreaterFullEqualGreaterGreaterGreaterLessGrea"
    "terSlantEqualGreaterTildeGscrGtHARDcyHacekHatHcircHfrHilbertSpaceHopfHorizontalLineHscrHstrokHumpDownHumpHumpE"
    "qualIEcyIJligIOcyIacuteIcircIcyIdotIfrIgraveImImacrImaginaryIImpliesIntIntegralIntersectionInvisibleCommaInvis"
    "ibleTimesIogonIopfIotaIscrItildeIukcyIumlJcircJcyJfrJopfJscrJsercyJukcyKHcyKJcyKappaKcedilKcyKfrKopfKscrLJcyLT"
    "LacuteLambdaLangLaplacetrfLarrLcaronLcedilLcyLeftAngleBracketLeftArrowLeftArrowBarLeftArrowRightArrowLeftCeili"
    "ngLeftDoubleBracketLeftDownTeeVectorLeftDownVectorLeftDownVectorBarLeftFloorLeftRightArrowLeftRightVectorLeftT"
    "eeLeftTeeArrowLeftTeeVectorLeftTriangleLeftTriangleBarLeftTriangleEqualLeftUpDownVectorLeftUpTeeVectorLeftUpVe"
    "ctorLeftUpVectorBarLeftVectorLeftVectorBarLeftarrowLeftrightarrowLessEqualGreaterLessFullEqualLessGreaterLessL"
    "essLessSlantEqualLessTildeLfrLlLleftarrowLmidotLongLeftArrowLongLeftRightArrowLongRightArrowLongleftarrowLongl"
    "eftrightarrowLongrightarrowLopfLowerLeftArrowLowerRightArrowLscrLshLstrokLtMapMcyMediumSpaceMellintrfMfrMinusP"
    "lusMopfMscrMuNJcyNacuteNcaronNcedilNcyNegativeMediumSpaceNegativeThickSpaceNegativeThinSpaceNegativeVeryThinSp"
    "aceNestedGreaterGreaterNestedLessLessNewLineNfrNoBreakNonBreakingSpaceNopfNotNotCongruentNotCupCapNotDoubleVer"
    "ticalBarNotElementNotEqualNotEqualTildeNotExistsNotGreaterNotGreaterEqualNotGreaterFullEqualNotGreaterGreaterN"
    "otGreaterLessNotGreaterSlantEqualNotGreaterTildeNotHumpDownHumpNotHumpEqualNotLeftTriangleNotLeftTriangleBarNo"
    "tLeftTriangleEqualNotLessNotLessEqualNotLessGreaterNotLessLessNotLessSlantEqualNotLessTildeNotNestedGreaterGre"
    "aterNotNestedLessLessNotPrecedesNotPrecedesEqualNotPrecedesSlantEqualNotReverseElementNotRightTriangleNotRight"
    "TriangleBarNotRightTriangleEqualNotSquareSubsetNotSquareSubsetEqualNotSquareSupersetNotSquareSupersetEqualNotS"
    "ubsetNotSubsetEqualNotSucceedsNotSucceedsEqualNotSucceedsSlantEqualNotSucceedsTildeNotSupersetNotSupersetEqual"
    "NotTildeNotTildeEqualNotTildeFullEqualNotTildeTildeNotVerticalBarNscrNtildeNuOEligOacuteOcircOcyOdblacOfrOgrav"
    "eOmacrOmegaOmicronOopfOpenCurlyDoubleQuoteOpenCurlyQuoteOrOscrOslashOtildeOtimesOumlOverBarOverBraceOverBracke"
    "tOverParenthesisPartialDPcyPfrPhiPiPlusMinusPoincareplanePopfPrPrecedesPrecedesEqualPrecedesSlantEqualPrecedes"
    "TildePrimeProductProportionProportionalPscrPsiQUOTQfrQopfQscrRBarrREGRacuteRangRarrRarrtlRcaronRcedilRcyReReve"
    "rseElementReverseEquilibriumReverseUpEquilibriumRfrRhoRightAngleBracketRightArrowRightArrowBarRightArrowLeftAr"
    "rowRightCeilingRightDoubleBracketRightDownTeeVectorRightDownVectorRightDownVectorBarRightFloorRightTeeRightTee"
    "ArrowRightTeeVectorRightTriangleRightTriangleBarRightTriangleEqualRightUpDownVectorRightUpTeeVectorRightUpVect"
    "orRightUpVectorBarRightVectorRightVectorBarRightarrowRopfRoundImpliesRrightarrowRscrRshRuleDelayedSHCHcySHcySO"
    "FTcySacuteScScaronScedilScircScySfrShortDownArrowShortLeftArrowShortRightArrowShortUpArrowSigmaSmallCircleSopf"
    "SqrtSquareSquareIntersectionSquareSubsetSquareSubsetEqualSquareSupersetSquareSupersetEqualSquareUnionSscrStarS"
    "ubSubsetSubsetEqualSucceedsSucceedsEqualSucceedsSlantEqualSucceedsTildeSuchThatSumSupSupersetSupersetEqualSups"
    "etTHORNTRADETSHcyTScyTabTauTcaronTcedilTcyTfrThereforeThetaThickSpaceThinSpaceTildeTildeEqualTildeFullEqualTil"
    "deTildeTopfTripleDotTscrTstrokUacuteUarrUarrocirUbrcyUbreveUcircUcyUdblacUfrUgraveUmacrUnderBarUnderBraceUnder"
    "BracketUnderParenthesisUnionUnionPlusUogonUopfUpArrowUpArrowBarUpArrowDownArrowUpDownArrowUpEquilibriumUpTeeUp"
    "TeeArrowUparrowUpdownarrowUpperLeftArrowUpperRightArrowUpsiUpsilonUringUscrUtildeUumlVDashVbarVcyVdashVdashlVe"
    "eVerbarVertVerticalBarVerticalLineVerticalSeparatorVerticalTildeVeryThinSpaceVfrVopfVscrVvdashWcircWedgeWfrWop"
    "fWscrXfrXiXopfXscrYAcyYIcyYUcyYacuteYcircYcyYfrYopfYscrYumlZHcyZacuteZcaronZcyZdotZeroWidthSpaceZetaZfrZopfZsc"
    "raacuteabreveacacEacdacircacuteacyaeligafafragravealefsymalephalphaamacramalgampandandandanddandslopeandvangan"
    "geangleangmsdangmsdaaangmsdabangmsdacangmsdadangmsdaeangmsdafangmsdagangmsdahangrtangrtvbangrtvbdangsphangstan"
    "gzarraogonaopfapapEapacirapeapidaposapproxapproxeqaringascrastasympasympeqatildeaumlawconintawintbNotbackcongb"
    "ackepsilonbackprimebacksimbacksimeqbarveebarwedbarwedgebbrkbbrktbrkbcongbcybdquobecausbecausebemptyvbepsiberno"
    "ubetabethbetweenbfrbigcapbigcircbigcupbigodotbigoplusbigotimesbigsqcupbigstarbigtriangledownbigtriangleupbigup"
    "lusbigveebigwedgebkarowblacklozengeblacksquareblacktriangleblacktriangledownblacktriangleleftblacktrianglerigh"
    "tblankblk12blk14blk34blockbnebnequivbnotbopfbotbottombowtieboxDLboxDRboxDlboxDrboxHboxHDboxHUboxHdboxHuboxULbo"
    "xURboxUlboxUrboxVboxVHboxVLboxVRboxVhboxVlboxVrboxboxboxdLboxdRboxdlboxdrboxhboxhDboxhUboxhdboxhuboxminusboxpl"
    "usboxtimesboxuLboxuRboxulboxurboxvboxvHboxvLboxvRboxvhboxvlboxvrbprimebrevebrvbarbscrbsemibsimbsimebsolbsolbbs"
    "olhsubbullbulletbumpbumpEbumpebumpeqcacutecapcapandcapbrcupcapcapcapcupcapdotcapscaretcaronccapsccaronccedilcc"
    "ircccupsccupssmcdotcedilcemptyvcentcenterdotcfrchcycheckcheckmarkchicircirEcirccirceqcirclearrowleftcirclearro"
    "wrightcircledRcircledScircledastcircledcirccircleddashcirecirfnintcirmidcirscirclubsclubsuitcoloncolonecoloneq"
    "commacommatcompcompfncomplementcomplexescongcongdotconintcopfcoprodcopycopysrcrarrcrosscscrcsubcsubecsupcsupec"
    "tdotcudarrlcudarrrcueprcuesccularrcularrpcupcupbrcapcupcapcupcupcupdotcuporcupscurarrcurarrmcurlyeqpreccurlyeq"
    "succcurlyveecurlywedgecurrencurvearrowleftcurvearrowrightcuveecuwedcwconintcwintcylctydArrdHardaggerdalethdarr"
    "dashdashvdbkarowdblacdcarondcyddddaggerddarrddotseqdegdeltademptyvdfishtdfrdharldharrdiamdiamonddiamondsuitdia"
    "msdiedigammadisindivdividedivideontimesdivonxdjcydlcorndlcropdollardopfdotdoteqdoteqdotdotminusdotplusdotsquar"
    "edoublebarwedgedownarrowdowndownarrowsdownharpoonleftdownharpoonrightdrbkarowdrcorndrcropdscrdscydsoldstrokdtd"
    "otdtridtrifduarrduhardwangledzcydzigrarreDDoteDoteacuteeasterecaronecirecircecolonecyedoteeefDotefregegraveegs"
    "egsdotelelintersellelselsdotemacremptyemptysetemptyvemspemsp13emsp14engenspeogoneopfepareparsleplusepsiepsilon"
    "epsiveqcirceqcoloneqsimeqslantgtreqslantlessequalsequestequivequivDDeqvparslerDoterarrescresdotesimetaetheumle"
    "uroexclexistexpectationexponentialefallingdotseqfcyfemaleffiligffligfflligffrfiligfjligflatflligfltnsfnoffopff"
    "orallforkforkvfpartintfrac12frac13frac14frac15frac16frac18frac23frac25frac34frac35frac38frac45frac56frac58frac"
    "78fraslfrownfscrgEgElgacutegammagammadgapgbrevegcircgcygdotgegelgeqgeqqgeqslantgesgesccgesdotgesdotogesdotolge"
    "slgeslesgfrggggggimelgjcyglglEglagljgnEgnapgnapproxgnegneqgneqqgnsimgopfgravegscrgsimgsimegsimlgtgtccgtcirgtdo"
    "tgtlPargtquestgtrapproxgtrarrgtrdotgtreqlessgtreqqlessgtrlessgtrsimgvertneqqgvnEhArrhairsphalfhamilthardcyharr"
    "harrcirharrwhbarhcircheartsheartsuithellipherconhfrhksearowhkswarowhoarrhomththookleftarrowhookrightarrowhopfh"
    "orbarhscrhslashhstrokhybullhypheniacuteicicircicyiecyiexcliffifrigraveiiiiiintiiintiinfiniiotaijligimacrimagei"
    "maglineimagpartimathimofimpedinincareinfininfintieinodotintintcalintegersintercalintlarhkintprodiocyiogoniopfi"
    "otaiprodiquestiscrisinisinEisindotisinsisinsvisinvititildeiukcyiumljcircjcyjfrjmathjopfjscrjsercyjukcykappakap"
    "pavkcedilkcykfrkgreenkhcykjcykopfkscrlAarrlArrlAtaillBarrlElEglHarlacutelaemptyvlagranlambdalanglangdlanglelap"
    "laquolarrlarrblarrbfslarrfslarrhklarrlplarrpllarrsimlarrtllatlataillatelateslbarrlbbrklbracelbracklbrkelbrksld"
    "lbrkslulcaronlcedillceillcublcyldcaldquoldquorldrdharldrusharldshleleftarrowleftarrowtailleftharpoondownleftha"
    "rpoonupleftleftarrowsleftrightarrowleftrightarrowsleftrightharpoonsleftrightsquigarrowleftthreetimeslegleqleqq"
    "leqslantleslescclesdotlesdotolesdotorlesglesgeslessapproxlessdotlesseqgtrlesseqqgtrlessgtrlesssimlfishtlfloorl"
    "frlglgElhardlharulharullhblkljcyllllarrllcornerllhardlltrilmidotlmoustlmoustachelnElnaplnapproxlnelneqlneqqlns"
    "imloangloarrlobrklongleftarrowlongleftrightarrowlongmapstolongrightarrowlooparrowleftlooparrowrightloparlopflo"
    "pluslotimeslowastlowbarlozlozengelozflparlparltlrarrlrcornerlrharlrhardlrmlrtrilsaquolscrlshlsimlsimelsimglsqb"
    "lsquolsquorlstrokltltccltcirltdotlthreeltimesltlarrltquestltrParltriltrieltriflurdsharluruharlvertneqqlvnEmDDo"
    "tmacrmalemaltmaltesemapmapstomapstodownmapstoleftmapstoupmarkermcommamcymdashmeasuredanglemfrmhomicromidmidast"
    "midcirmiddotminusminusbminusdminusdumlcpmldrmnplusmodelsmopfmpmscrmstposmumultimapmumapnGgnGtnGtvnLeftarrownLe"
    "ftrightarrownLlnLtnLtvnRightarrownVDashnVdashnablanacutenangnapnapEnapidnaposnapproxnaturnaturalnaturalsnbspnb"
    "umpnbumpencapncaronncedilncongncongdotncupncyndashneneArrnearhknearrnearrownedotnequivnesearnesimnexistnexists"
    "nfrngEngengeqngeqqngeqslantngesngsimngtngtrnhArrnharrnhparninisnisdnivnjcynlArrnlEnlarrnldrnlenleftarrownleftr"
    "ightarrownleqnleqqnleqslantnlesnlessnlsimnltnltrinltrienmidnopfnotnotinnotinEnotindotnotinvanotinvbnotinvcnotn"
    "inotnivanotnivbnotnivcnparnparallelnparslnpartnpolintnprnprcuenprenprecnpreceqnrArrnrarrnrarrcnrarrwnrightarro"
    "wnrtrinrtrienscnsccuenscenscrnshortmidnshortparallelnsimnsimensimeqnsmidnsparnsqsubensqsupensubnsubEnsubensubs"
    "etnsubseteqnsubseteqqnsuccnsucceqnsupnsupEnsupensupsetnsupseteqnsupseteqqntglntildentlgntriangleleftntrianglel"
    "efteqntrianglerightntrianglerighteqnunumnumeronumspnvDashnvHarrnvapnvdashnvgenvgtnvinfinnvlArrnvlenvltnvltrien"
    "vrArrnvrtrienvsimnwArrnwarhknwarrnwarrownwnearoSoacuteoastocirocircocyodashodblacodivodotodsoldoeligofcirofrog"
    "onograveogtohbarohmointolarrolcirolcrossolineoltomacromegaomicronomidominusoopfoparoperpoplusororarrordorderor"
    "derofordfordmorigoforororslopeorvoscroslashosolotildeotimesotimesasoumlovbarparparaparallelparsimparslpartpcyp"
    "ercntperiodpermilperppertenkpfrphiphivphmmatphonepipitchforkpivplanckplanckhplankvplusplusacirplusbpluscirplus"
    "doplusdupluseplusmnplussimplustwopmpointintpopfpoundprprEprapprcuepreprecprecapproxpreccurlyeqpreceqprecnappro"
    "xprecneqqprecnsimprecsimprimeprimesprnEprnapprnsimprodprofalarproflineprofsurfpropproptoprsimprurelpscrpsipunc"
    "spqfrqintqopfqprimeqscrquaternionsquatintquestquesteqquotrAarrrArrrAtailrBarrrHarraceracuteradicraemptyvrangra"
    "ngdrangerangleraquorarrrarraprarrbrarrbfsrarrcrarrfsrarrhkrarrlprarrplrarrsimrarrtlrarrwratailratiorationalsrb"
    "arrrbbrkrbracerbrackrbrkerbrksldrbrkslurcaronrcedilrceilrcubrcyrdcardldharrdquordquorrdshrealrealinerealpartre"
    "alsrectregrfishtrfloorrfrrhardrharurharulrhorhovrightarrowrightarrowtailrightharpoondownrightharpoonuprightlef"
    "tarrowsrightleftharpoonsrightrightarrowsrightsquigarrowrightthreetimesringrisingdotseqrlarrrlharrlmrmoustrmous"
    "tachernmidroangroarrrobrkroparropfroplusrotimesrparrpargtrppolintrrarrrsaquorscrrshrsqbrsquorsquorrthreertimes"
    "rtrirtriertrifrtriltriruluharrxsacutesbquoscscEscapscaronsccuescescedilscircscnEscnapscnsimscpolintscsimscysdo"
    "tsdotbsdoteseArrsearhksearrsearrowsectsemiseswarsetminussetmnsextsfrsfrownsharpshchcyshcyshortmidshortparallel"
    "shysigmasigmafsigmavsimsimdotsimesimeqsimgsimgEsimlsimlEsimnesimplussimrarrslarrsmallsetminussmashpsmeparslsmi"
    "dsmilesmtsmtesmtessoftcysolsolbsolbarsopfspadesspadesuitsparsqcapsqcapssqcupsqcupssqsubsqsubesqsubsetsqsubsete"
    "qsqsupsqsupesqsupsetsqsupseteqsqusquaresquarfsqufsrarrsscrssetmnssmilesstarfstarstarfstraightepsilonstraightph"
    "istrnssubsubEsubdotsubesubedotsubmultsubnEsubnesubplussubrarrsubsetsubseteqsubseteqqsubsetneqsubsetneqqsubsims"
    "ubsubsubsupsuccsuccapproxsucccurlyeqsucceqsuccnapproxsuccneqqsuccnsimsuccsimsumsungsupsup1sup2sup3supEsupdotsu"
    "pdsubsupesupedotsuphsolsuphsubsuplarrsupmultsupnEsupnesupplussupsetsupseteqsupseteqqsupsetneqsupsetneqqsupsims"
    "upsubsupsupswArrswarhkswarrswarrowswnwarszligtargettautbrktcarontcediltcytdottelrectfrthere4thereforethetathet"
    "asymthetavthickapproxthicksimthinspthkapthksimthorntildetimestimesbtimesbartimesdtinttoeatoptopbottopcirtopfto"
    "pforktosatprimetradetriangletriangledowntrianglelefttrianglelefteqtriangleqtrianglerighttrianglerighteqtridott"
    "rietriminustriplustrisbtritimetrpeziumtscrtscytshcytstroktwixttwoheadleftarrowtwoheadrightarrowuArruHaruacuteu"
    "arrubrcyubreveucircucyudarrudblacudharufishtufrugraveuharluharruhblkulcornulcornerulcropultriumacrumluogonuopf"
    "uparrowupdownarrowupharpoonleftupharpoonrightuplusupsiupsihupsilonupuparrowsurcornurcornerurcropuringurtriuscr"
    "utdotutildeutriutrifuuarruumluwanglevArrvBarvBarvvDashvangrtvarepsilonvarkappavarnothingvarphivarpivarproptova"
    "rrvarrhovarsigmavarsubsetneqvarsubsetneqqvarsupsetneqvarsupsetneqqvarthetavartriangleleftvartrianglerightvcyvd"
    "ashveeveebarveeeqvellipverbarvertvfrvltrivnsubvnsupvopfvpropvrtrivscrvsubnEvsubnevsupnEvsupnevzigzagwcircwedba"
    "rwedgewedgeqweierpwfrwopfwpwrwreathwscrxcapxcircxcupxdtrixfrxhArrxharrxixlArrxlarrxmapxnisxodotxopfxoplusxotim"
    "exrArrxrarrxscrxsqcupxuplusxutrixveexwedgeyacuteyacyycircycyyenyfryicyyopfyscryucyyumlzacutezcaronzcyzdotzeetr"
    "fzetazfrzhcyzigrarrzopfzscrzwjzwnj";

const uint16_t entity_at[ENTITY_COUNT + 1] = {
    32768, 32773, 32776, 14,    32788, 25,    28,    32799, 37,    42,    47,    50,    55,    59,    32840, 77,
    81,    32855, 32861, 97,    106,   110,   116,   119,   126,   136,   140,   143,   147,   152,   156,   162,
    32934, 170,   176,   179,   199,   206,   32980, 218,   223,   230,   234,   241,   250,   253,   256,   265,
    276,   286,   297,   321,   342,   357,   362,   368,   377,   383,   398,   402,   411,   442,   447,   451,
    454,   460,   462,   470,   474,   478,   482,   488,   492,   497,   503,   506,   509,   514,   517,   533,
    547,   569,   585,   601,   608,   621,   625,   628,   634,   642,   663,   672,   687,   702,   722,   735,
    754,   778,   798,   814,   828,   841,   858,   875,   884,   896,   912,   921,   940,   957,   971,   988,
    1006,  1021,  1039,  1046,  1058,  1067,  1071,  1077,  33848, 33851, 1089,  33863, 1100,  1103,  1107,  33878,
    1116,  1123,  1128,  1144,  1164,  1169,  1173,  1180,  1185,  1195,  1206,  1210,  1214,  33985, 1221,  1227,
    1239,  1242,  1245,  1262,  1283,  1287,  1293,  1303,  1307,  34079, 1313,  1318,  1324,  1330,  1336,  1341,
    1344,  1348,  1351,  1353,  1357,  1369,  1385,  1401,  1415,  1426,  1443,  1455,  1459,  1461,  1467,  1472,
    1475,  1480,  1483,  1495,  1499,  1513,  1517,  1523,  1535,  1544,  1548,  1553,  34325, 34331, 1568,  1571,
    1575,  34346, 1584,  1586,  1591,  1601,  1608,  1611,  1619,  1631,  1645,  1659,  1664,  1668,  1672,  1676,
    1682,  34455, 1691,  1696,  1699,  1702,  1706,  1710,  1716,  1721,  1725,  1729,  1734,  1740,  1743,  1746,
    1750,  1754,  34526, 1760,  1766,  1772,  1776,  1786,  1790,  1796,  1802,  1805,  1821,  1830,  1842,  1861,
    1872,  1889,  1906,  1920,  1937,  1946,  1960,  1975,  1982,  1994,  2007,  2019,  2034,  2051,  2067,  2082,
    2094,  2109,  2119,  2132,  2141,  2155,  2171,  2184,  2195,  2203,  2217,  2226,  2229,  2231,  2241,  2247,
    2260,  2278,  2292,  2305,  2323,  2337,  2341,  2355,  2370,  2374,  2377,  2383,  2385,  2388,  2391,  2402,
    2411,  2414,  2423,  2427,  2431,  2433,  2437,  2443,  2449,  2455,  2458,  2477,  2495,  2512,  2533,  2553,
    2567,  2574,  2577,  2584,  2600,  2604,  2607,  2619,  2628,  2648,  2658,  2666,  2679,  2688,  2698,  2713,
    2732,  2749,  2763,  2783,  2798,  2813,  2825,  2840,  2858,  2878,  2885,  2897,  2911,  2922,  2939,  2951,
    2974,  2991,  3002,  3018,  3039,  3056,  3072,  3091,  3112,  3127,  3147,  3164,  3186,  3195,  3209,  3220,
    3236,  3257,  3273,  3284,  3300,  3308,  3321,  3338,  3351,  3365,  36137, 3375,  3377,  36150, 36156, 3393,
    3396,  3402,  36173, 3411,  3416,  3421,  3428,  3432,  3452,  3466,  3468,  36240, 36246, 3484,  36258, 3494,
    3501,  3510,  3521,  3536,  3544,  3547,  3550,  3553,  3555,  3564,  3577,  3581,  3583,  3591,  3604,  3622,
    3635,  3640,  3647,  3657,  3669,  3673,  36444, 3680,  3683,  3687,  3691,  36464, 3699,  3705,  3709,  3713,
    3719,  3725,  3731,  3734,  3736,  3750,  3768,  3788,  3791,  3794,  3811,  3821,  3834,  3853,  3865,  3883,
    3901,  3916,  3934,  3944,  3952,  3965,  3979,  3992,  4008,  4026,  4043,  4059,  4072,  4088,  4099,  4113,
    4123,  4127,  4139,  4150,  4154,  4157,  4168,  4174,  4178,  4184,  4190,  4192,  4198,  4204,  4209,  4212,
    4215,  4229,  4243,  4258,  4270,  4275,  4286,  4290,  4294,  4300,  4318,  4330,  4347,  4361,  4380,  4391,
    4395,  4399,  4402,  4408,  4419,  4427,  4440,  4458,  4471,  4479,  4482,  4485,  4493,  4506,  37280, 4517,
    4522,  4527,  4531,  4534,  4537,  4543,  4549,  4552,  4555,  4564,  4569,  4579,  4588,  4593,  4603,  4617,
    4627,  4631,  4640,  4644,  37418, 4656,  4660,  4668,  4673,  37447, 4684,  4687,  4693,  37464, 4702,  4707,
    4715,  4725,  4737,  4753,  4758,  4767,  4772,  4776,  4783,  4793,  4809,  4820,  4833,  4838,  4848,  4855,
    4866,  4880,  4895,  4899,  4906,  4911,  4915,  37689, 4925,  4930,  4934,  4937,  4942,  4948,  4951,  4957,
    4961,  4972,  4984,  5001,  5014,  5027,  5030,  5034,  5038,  5044,  5049,  5054,  5057,  5061,  5065,  5068,
    5070,  5074,  5078,  5082,  5086,  37858, 5096,  5101,  5104,  5107,  5111,  5115,  5119,  5123,  5129,  5135,
    5138,  5142,  5156,  5160,  5163,  5167,  37939, 5177,  5183,  5185,  5188,  37959, 37964, 5201,  37972, 5209,
    5211,  37982, 5220,  5227,  5232,  5237,  5242,  38015, 5250,  5253,  5259,  5263,  5271,  5275,  5278,  5282,
    5287,  5293,  5301,  5309,  5317,  5325,  5333,  5341,  5349,  5357,  5362,  5369,  5377,  5383,  5388,  5395,
    5400,  5404,  5406,  5409,  5415,  5418,  5422,  5426,  5432,  38208, 5445,  5449,  5452,  5457,  38232, 38238,
    5474,  5482,  5487,  5491,  5499,  5510,  5519,  5526,  5535,  5541,  5547,  5555,  5559,  5567,  5572,  5575,
    5580,  5586,  5593,  5600,  5605,  5611,  5615,  5619,  5626,  5629,  5635,  5642,  5648,  5655,  5663,  5672,
    5680,  5687,  5702,  5715,  5723,  5729,  5737,  5743,  5755,  5766,  5779,  5796,  5813,  5831,  5836,  5841,
    5846,  5851,  5856,  5859,  5866,  5870,  5874,  5877,  5883,  5889,  5894,  5899,  5904,  5909,  5913,  5918,
    5923,  5928,  5933,  5938,  5943,  5948,  5953,  5957,  5962,  5967,  5972,  5977,  5982,  5987,  5993,  5998,
    6003,  6008,  6013,  6017,  6022,  6027,  6032,  6037,  6045,  6052,  6060,  6065,  6070,  6075,  6080,  6084,
    6089,  6094,  6099,  6104,  6109,  6114,  6120,  38893, 6131,  6135,  6140,  6144,  6149,  6153,  6158,  6166,
    6170,  6176,  6180,  6185,  6190,  6196,  6202,  6205,  6211,  6219,  6225,  6231,  6237,  6241,  6246,  6251,
    6256,  39030, 6268,  6273,  6278,  6285,  39057, 6294,  39069, 6305,  6314,  6317,  6321,  6326,  6335,  6338,
    6341,  6345,  6349,  6355,  6370,  6386,  6394,  6402,  6412,  6423,  6434,  6438,  6446,  6452,  6459,  6464,
    6472,  6477,  6483,  6490,  6495,  6501,  6505,  6511,  6521,  6530,  6534,  6541,  6547,  6551,  39325, 6561,
    6567,  6572,  6577,  6581,  6585,  6590,  6594,  6599,  6604,  6611,  6618,  6623,  6628,  6634,  6641,  6644,
    6652,  6658,  6664,  6670,  6675,  6679,  6685,  6692,  6703,  6714,  6722,  39500, 6738,  6752,  6767,  6772,
    6777,  6785,  6790,  6796,  6800,  6804,  6810,  6816,  6820,  6824,  6829,  6836,  6841,  6847,  6850,  6852,
    6859,  6864,  39639, 6874,  6879,  6886,  6892,  6895,  6900,  6905,  6909,  6916,  6927,  6932,  6935,  6942,
    6947,  39718, 6956,  6969,  6975,  6979,  6985,  6991,  6997,  7001,  7004,  7009,  7017,  7025,  7032,  7041,
    7055,  7064,  7078,  7093,  7109,  7117,  7123,  7129,  7133,  7137,  7141,  7147,  7152,  7156,  7161,  7166,
    7171,  7178,  7182,  7190,  7195,  39967, 7205,  7211,  7217,  39989, 7226,  7232,  7235,  7239,  7241,  7246,
    7249,  40019, 7257,  7260,  7266,  7268,  7276,  7279,  7282,  7288,  7293,  7298,  7306,  7312,  7316,  7322,
    7328,  7331,  7335,  7340,  7344,  7348,  7354,  7359,  7363,  7370,  7375,  7381,  7388,  7393,  7403,  7414,
    7420,  7426,  7431,  7438,  7446,  7451,  7456,  7460,  7465,  7469,  40240, 40243, 7479,  7483,  7487,  7492,
    7503,  7515,  7528,  7531,  7537,  7543,  7548,  7554,  7557,  7562,  7567,  7571,  7576,  7581,  7585,  7589,
    7595,  7599,  7604,  40380, 7618,  40392, 7630,  7636,  7642,  7648,  7654,  40428, 7666,  7672,  7678,  7684,
    7690,  7696,  7702,  7707,  7712,  7716,  7718,  7721,  7727,  7732,  7738,  7741,  7747,  7752,  7755,  7759,
    7761,  7764,  7767,  7771,  7779,  7782,  7787,  7793,  7800,  7808,  7812,  7818,  7821,  7823,  7826,  7831,
    7835,  7837,  7840,  7843,  7846,  7849,  7853,  7861,  7864,  7868,  7873,  7878,  7882,  7887,  7891,  7895,
    7900,  40673, 7907,  7911,  7916,  7921,  7927,  7934,  7943,  7949,  7955,  7964,  7974,  7981,  7987,  7996,
    8000,  8004,  8010,  8014,  8020,  8026,  8030,  8037,  8042,  8046,  8051,  8057,  8066,  8072,  8078,  8081,
    8089,  8097,  8102,  8108,  8121,  8135,  8139,  8145,  8149,  8155,  8161,  8167,  40941, 8179,  40949, 8186,
    8189,  40961, 8198,  8201,  40972, 8210,  8212,  8218,  8223,  8229,  8234,  8239,  8244,  8249,  8257,  8265,
    8270,  8274,  8279,  8281,  8287,  8292,  8300,  8306,  8309,  8315,  8323,  8331,  8339,  8346,  8350,  8355,
    8359,  8363,  41136, 8374,  8378,  8382,  8387,  8394,  8399,  8405,  8410,  8412,  8418,  41191, 8427,  8432,
    8435,  8438,  8443,  8447,  8451,  8457,  8462,  8467,  8473,  8479,  8482,  8485,  8491,  8495,  8499,  8503,
    8507,  8512,  8516,  8522,  8527,  8529,  8532,  8536,  8542,  8550,  8556,  8562,  8566,  8571,  8577,  41348,
    8585,  8589,  8594,  8601,  8607,  8613,  8619,  8625,  8632,  8638,  8641,  8647,  8651,  8656,  8661,  8666,
    8672,  8678,  8683,  8690,  8697,  8703,  8709,  8714,  8718,  8721,  8725,  8730,  8736,  8743,  8751,  8755,
    8757,  8766,  8779,  8794,  8807,  8821,  8835,  8850,  8867,  8886,  8900,  8903,  8906,  8910,  8918,  8921,
    8926,  8932,  8939,  8947,  8951,  8957,  8967,  8974,  8983,  8993,  9000,  9007,  9013,  9019,  9022,  9024,
    9027,  9032,  9037,  9043,  9048,  9052,  9054,  9059,  9067,  9073,  9078,  9084,  9090,  9100,  9103,  9107,
    9115,  9118,  9122,  9127,  9132,  9137,  9142,  9147,  9160,  9178,  9188,  9202,  9215,  9229,  9234,  9238,
    9244,  9251,  9257,  9263,  9266,  9273,  9277,  9281,  9287,  9292,  9300,  9305,  9311,  9314,  9319,  9325,
    9329,  9332,  9336,  9341,  9346,  9350,  9355,  9361,  42135, 9369,  9373,  9378,  9383,  9389,  9395,  9401,
    9408,  9414,  9418,  9423,  9428,  9436,  9443,  9452,  9456,  42229, 9465,  9469,  9473,  9480,  9483,  9489,
    9499,  9509,  9517,  9523,  9529,  9532,  9537,  9550,  9553,  42324, 9561,  9564,  9570,  42344, 9582,  9587,
    9593,  9599,  9606,  9610,  9614,  9620,  9626,  9630,  9632,  9636,  9642,  9644,  9652,  9657,  9660,  9663,
    9667,  9677,  9692,  9695,  9698,  9702,  9713,  9719,  9725,  9730,  9736,  9740,  9743,  9747,  9752,  9757,
    9764,  9769,  9776,  42552, 9788,  9793,  9799,  9803,  9809,  9815,  9820,  9828,  9832,  9835,  9840,  9842,
    9847,  9853,  9858,  9865,  9870,  9876,  9882,  9887,  9893,  9900,  9903,  9906,  9909,  9913,  9918,  9927,
    9931,  9936,  9939,  9943,  9948,  9953,  9958,  9960,  9963,  9967,  9970,  9974,  9979,  9982,  9987,  9991,
    9994,  10004, 10019, 10023, 10028, 10037, 10041, 10046, 10051, 10054, 10059, 10065, 10069, 42841, 10076, 10081,
    10087, 10095, 10102, 10109, 10116, 10121, 10128, 10135, 10142, 10146, 10155, 10161, 10166, 10173, 10176, 10182,
    10186, 10191, 10198, 10203, 10208, 10214, 10220, 10231, 10236, 10242, 10245, 10251, 10255, 10259, 10268, 10282,
    10286, 10291, 10297, 10302, 10307, 10314, 10321, 10325, 10330, 10335, 10342, 10351, 10361, 10366, 10373, 10377,
    10382, 10387, 10394, 10403, 10413, 43185, 10423, 10427, 10440, 10455, 10469, 10485, 10487, 10490, 10496, 10501,
    10507, 10513, 10517, 10523, 10527, 10531, 10538, 10544, 10548, 10552, 10559, 10565, 10572, 10577, 10582, 10588,
    10593, 10600, 10606, 43376, 10614, 10618, 43390, 10627, 10630, 10635, 10641, 10645, 10649, 10655, 10660, 10665,
    10668, 43440, 10678, 10681, 10686, 10689, 10693, 10698, 10703, 10710, 10715, 10718, 10723, 10728, 10735, 10739,
    10745, 10749, 10753, 10758, 10763, 10765, 10770, 10773, 10778, 43553, 43557, 10793, 10799, 10803, 10810, 10813,
    43585, 10823, 43595, 10833, 10839, 43615, 10851, 10856, 43627, 10863, 10871, 10877, 10882, 10886, 10889, 10895,
    10901, 10907, 10911, 10918, 10921, 10924, 10928, 10934, 10939, 10941, 10950, 10953, 10959, 10966, 10972, 10976,
    10984, 10989, 10996, 11002, 11008, 43781, 11019, 11026, 11033, 11035, 11043, 43815, 11052, 11054, 11057, 11061,
    11066, 11069, 11073, 11083, 11094, 11100, 11111, 11119, 11127, 11134, 11139, 11145, 11149, 11154, 11160, 11164,
    11172, 11180, 11188, 11192, 11198, 11203, 11209, 11213, 11216, 11222, 11225, 11229, 11233, 11239, 11243, 11254,
    11261, 11266, 44041, 11277, 11282, 11286, 11292, 11297, 11301, 11305, 11311, 11316, 11324, 11328, 11333, 11338,
    44112, 11349, 11353, 11359, 11364, 11371, 11376, 11382, 11388, 11394, 11400, 11407, 11413, 11418, 11424, 11429,
    11438, 11443, 11448, 11454, 11460, 11465, 11472, 11479, 11485, 11491, 11496, 11500, 11503, 11507, 11514, 11519,
    11525, 11529, 11533, 11540, 11548, 11553, 44325, 11560, 11566, 11572, 11575, 11580, 11585, 11591, 11594, 11598,
    11608, 11622, 11638, 11652, 11667, 11684, 11700, 11715, 11730, 11734, 11746, 11751, 11756, 11759, 11765, 11775,
    11780, 11785, 11790, 11795, 11800, 11804, 11810, 11817, 11821, 11827, 11835, 11840, 11846, 11850, 11853, 11857,
    11862, 11868, 11874, 11880, 11884, 11889, 11894, 11902, 11909, 11911, 11917, 11922, 11924, 11927, 11931, 11937,
    11942, 11945, 11951, 11956, 11960, 11965, 11971, 11979, 11984, 11987, 11991, 11996, 12001, 12006, 12012, 12017,
    44792, 12028, 12032, 12038, 12046, 12051, 12055, 12058, 12064, 12069, 12075, 12079, 12087, 44868, 12103, 12108,
    12114, 12120, 12123, 12129, 12133, 12138, 12142, 12147, 12151, 12156, 12161, 12168, 12175, 12180, 12193, 12199,
    12207, 12211, 12216, 12219, 12223, 12228, 12234, 12237, 12241, 12247, 12251, 12257, 12266, 12270, 12275, 12281,
    12286, 12292, 12297, 12303, 12311, 12321, 12326, 12332, 12340, 12350, 12353, 12359, 12365, 12369, 12374, 12378,
    12384, 12390, 12396, 12400, 12405, 12420, 12431, 12436, 12439, 12443, 12449, 12453, 12460, 12467, 12472, 12477,
    12484, 12491, 12497, 12505, 12514, 12523, 12533, 12539, 12545, 12551, 12555, 12565, 12576, 12582, 12593, 12601,
    12609, 12616, 12619, 12623, 45394, 45398, 45402, 12638, 12642, 12648, 12655, 12659, 12666, 12673, 12680, 12687,
    12694, 12699, 12704, 12711, 12717, 12725, 12734, 12743, 12753, 12759, 12765, 12771, 12776, 12782, 12787, 12794,
    45568, 12805, 12811, 12814, 12818, 12824, 12830, 12833, 12837, 12843, 12846, 12852, 12861, 12866, 12874, 12880,
    12891, 12899, 12905, 12910, 45684, 12921, 45694, 12931, 12937, 12945, 12951, 12955, 12959, 12962, 12968, 12974,
    12978, 12985, 12989, 12995, 13000, 13008, 13020, 13032, 13046, 13055, 13068, 13083, 13089, 13093, 13101, 13108,
    13113, 13120, 13128, 13132, 13136, 13141, 13147, 13152, 13168, 13185, 13189, 45961, 13199, 13203, 13208, 45982,
    13219, 13222, 13227, 13233, 13238, 13244, 46015, 13253, 13258, 13263, 13268, 13274, 13282, 13288, 13293, 46066,
    13301, 13306, 13310, 13317, 13328, 13341, 13355, 13360, 13364, 13369, 13376, 13386, 13392, 13400, 13406, 13411,
    13416, 13420, 13425, 13431, 13435, 13440, 46213, 13449, 13456, 13460, 13464, 13469, 13474, 13480, 13490, 13498,
    13508, 13514, 13519, 13528, 13532, 13538, 13546, 13558, 13571, 13583, 13596, 13604, 13619, 13635, 13638, 13643,
    13646, 13652, 13657, 13663, 13669, 13673, 13676, 13681, 13686, 13691, 13695, 13700, 13705, 13709, 13715, 13721,
    13727, 13733, 13740, 13745, 13751, 13756, 13762, 13768, 13771, 13775, 13777, 13779, 13785, 13789, 13793, 13798,
    13802, 13807, 13810, 13815, 13820, 13822, 13827, 13832, 13836, 13840, 13845, 13849, 13855, 13861, 13866, 13871,
    13875, 13881, 13887, 13892, 13896, 46670, 13908, 13912, 13917, 46688, 13923, 13926, 13930, 13934, 13938, 46710,
    13946, 13952, 13958, 13961, 13965, 13971, 13975, 13978, 13982, 13989, 13993, 13997, 14000, 14004};

const uint16_t entity_values[ENTITY_COUNT] = {
    198,   38,    193,   258,   194,   1040,  55556, 192,   913,   256,   10835, 260,   55608, 8289,  197,   55452,
    8788,  195,   196,   8726,  10983, 8966,  1041,  8757,  8492,  914,   55557, 55609, 728,   8492,  8782,  1063,
    169,   262,   8914,  8517,  8493,  268,   199,   264,   8752,  266,   184,   183,   8493,  935,   8857,  8854,
    8853,  8855,  8754,  8221,  8217,  8759,  10868, 8801,  8751,  8750,  8450,  8720,  8755,  10799, 55454, 8915,
    8781,  8517,  10513, 1026,  1029,  1039,  8225,  8609,  10980, 270,   1044,  8711,  916,   55559, 180,   729,
    733,   96,    732,   8900,  8518,  55611, 168,   8412,  8784,  8751,  168,   8659,  8656,  8660,  10980, 10232,
    10234, 10233, 8658,  8872,  8657,  8661,  8741,  8595,  10515, 8693,  785,   10576, 10590, 8637,  10582, 10591,
    8641,  10583, 8868,  8615,  8659,  55455, 272,   330,   208,   201,   282,   202,   1069,  278,   55560, 200,
    8712,  274,   9723,  9643,  280,   55612, 917,   10869, 8770,  8652,  8496,  10867, 919,   203,   8707,  8519,
    1060,  55561, 9724,  9642,  55613, 8704,  8497,  8497,  1027,  62,    915,   988,   286,   290,   284,   1043,
    288,   55562, 8921,  55614, 8805,  8923,  8807,  10914, 8823,  10878, 8819,  55458, 8811,  1066,  711,   94,
    292,   8460,  8459,  8461,  9472,  8459,  294,   8782,  8783,  1045,  306,   1025,  205,   206,   1048,  304,
    8465,  204,   8465,  298,   8520,  8658,  8748,  8747,  8898,  8291,  8290,  302,   55616, 921,   8464,  296,
    1030,  207,   308,   1049,  55565, 55617, 55461, 1032,  1028,  1061,  1036,  922,   310,   1050,  55566, 55618,
    55462, 1033,  60,    313,   923,   10218, 8466,  8606,  317,   315,   1051,  10216, 8592,  8676,  8646,  8968,
    10214, 10593, 8643,  10585, 8970,  8596,  10574, 8867,  8612,  10586, 8882,  10703, 8884,  10577, 10592, 8639,
    10584, 8636,  10578, 8656,  8660,  8922,  8806,  8822,  10913, 10877, 8818,  55567, 8920,  8666,  319,   10229,
    10231, 10230, 10232, 10234, 10233, 55619, 8601,  8600,  8466,  8624,  321,   8810,  10501, 1052,  8287,  8499,
    55568, 8723,  55620, 8499,  924,   1034,  323,   327,   325,   1053,  8203,  8203,  8203,  8203,  8811,  8810,
    10,    55569, 8288,  160,   8469,  10988, 8802,  8813,  8742,  8713,  8800,  57344, 8708,  8815,  8817,  57345,
    57346, 8825,  57347, 8821,  57348, 57349, 8938,  57350, 8940,  8814,  8816,  8824,  57351, 57352, 8820,  57353,
    57354, 8832,  57355, 8928,  8716,  8939,  57356, 8941,  57357, 8930,  57358, 8931,  57359, 8840,  8833,  57360,
    8929,  57361, 57362, 8841,  8769,  8772,  8775,  8777,  8740,  55465, 209,   925,   338,   211,   212,   1054,
    336,   55570, 210,   332,   937,   927,   55622, 8220,  8216,  10836, 55466, 216,   213,   10807, 214,   8254,
    9182,  9140,  9180,  8706,  1055,  55571, 934,   928,   177,   8460,  8473,  10939, 8826,  10927, 8828,  8830,
    8243,  8719,  8759,  8733,  55467, 936,   34,    55572, 8474,  55468, 10512, 174,   340,   10219, 8608,  10518,
    344,   342,   1056,  8476,  8715,  8651,  10607, 8476,  929,   10217, 8594,  8677,  8644,  8969,  10215, 10589,
    8642,  10581, 8971,  8866,  8614,  10587, 8883,  10704, 8885,  10575, 10588, 8638,  10580, 8640,  10579, 8658,
    8477,  10608, 8667,  8475,  8625,  10740, 1065,  1064,  1068,  346,   10940, 352,   350,   348,   1057,  55574,
    8595,  8592,  8594,  8593,  931,   8728,  55626, 8730,  9633,  8851,  8847,  8849,  8848,  8850,  8852,  55470,
    8902,  8912,  8912,  8838,  8827,  10928, 8829,  8831,  8715,  8721,  8913,  8835,  8839,  8913,  222,   8482,
    1035,  1062,  9,     932,   356,   354,   1058,  55575, 8756,  920,   57363, 8201,  8764,  8771,  8773,  8776,
    55627, 8411,  55471, 358,   218,   8607,  10569, 1038,  364,   219,   1059,  368,   55576, 217,   362,   95,
    9183,  9141,  9181,  8899,  8846,  370,   55628, 8593,  10514, 8645,  8597,  10606, 8869,  8613,  8657,  8661,
    8598,  8599,  978,   933,   366,   55472, 360,   220,   8875,  10987, 1042,  8873,  10982, 8897,  8214,  8214,
    8739,  124,   10072, 8768,  8202,  55577, 55629, 55473, 8874,  372,   8896,  55578, 55630, 55474, 55579, 926,
    55631, 55475, 1071,  1031,  1070,  221,   374,   1067,  55580, 55632, 55476, 376,   1046,  377,   381,   1047,
    379,   8203,  918,   8488,  8484,  55477, 225,   259,   8766,  57364, 8767,  226,   180,   1072,  230,   8289,
    55582, 224,   8501,  8501,  945,   257,   10815, 38,    8743,  10837, 10844, 10840, 10842, 8736,  10660, 8736,
    8737,  10664, 10665, 10666, 10667, 10668, 10669, 10670, 10671, 8735,  8894,  10653, 8738,  197,   9084,  261,
    55634, 8776,  10864, 10863, 8778,  8779,  39,    8776,  8778,  229,   55478, 42,    8776,  8781,  227,   228,
    8755,  10769, 10989, 8780,  1014,  8245,  8765,  8909,  8893,  8965,  8965,  9141,  9142,  8780,  1073,  8222,
    8757,  8757,  10672, 1014,  8492,  946,   8502,  8812,  55583, 8898,  9711,  8899,  10752, 10753, 10754, 10758,
    9733,  9661,  9651,  10756, 8897,  8896,  10509, 10731, 9642,  9652,  9662,  9666,  9656,  9251,  9618,  9617,
    9619,  9608,  57365, 57366, 8976,  55635, 8869,  8869,  8904,  9559,  9556,  9558,  9555,  9552,  9574,  9577,
    9572,  9575,  9565,  9562,  9564,  9561,  9553,  9580,  9571,  9568,  9579,  9570,  9567,  10697, 9557,  9554,
    9488,  9484,  9472,  9573,  9576,  9516,  9524,  8863,  8862,  8864,  9563,  9560,  9496,  9492,  9474,  9578,
    9569,  9566,  9532,  9508,  9500,  8245,  728,   166,   55479, 8271,  8765,  8909,  92,    10693, 10184, 8226,
    8226,  8782,  10926, 8783,  8783,  263,   8745,  10820, 10825, 10827, 10823, 10816, 57367, 8257,  711,   10829,
    269,   231,   265,   10828, 10832, 267,   184,   10674, 162,   183,   55584, 1095,  10003, 10003, 967,   9675,
    10691, 710,   8791,  8634,  8635,  174,   9416,  8859,  8858,  8861,  8791,  10768, 10991, 10690, 9827,  9827,
    58,    8788,  8788,  44,    64,    8705,  8728,  8705,  8450,  8773,  10861, 8750,  55636, 8720,  169,   8471,
    8629,  10007, 55480, 10959, 10961, 10960, 10962, 8943,  10552, 10549, 8926,  8927,  8630,  10557, 8746,  10824,
    10822, 10826, 8845,  10821, 57368, 8631,  10556, 8926,  8927,  8910,  8911,  164,   8630,  8631,  8910,  8911,
    8754,  8753,  9005,  8659,  10597, 8224,  8504,  8595,  8208,  8867,  10511, 733,   271,   1076,  8518,  8225,
    8650,  10871, 176,   948,   10673, 10623, 55585, 8643,  8642,  8900,  8900,  9830,  9830,  168,   989,   8946,
    247,   247,   8903,  8903,  1106,  8990,  8973,  36,    55637, 729,   8784,  8785,  8760,  8724,  8865,  8966,
    8595,  8650,  8643,  8642,  10512, 8991,  8972,  55481, 1109,  10742, 273,   8945,  9663,  9662,  8693,  10607,
    10662, 1119,  10239, 10871, 8785,  233,   10862, 283,   8790,  234,   8789,  1101,  279,   8519,  8786,  55586,
    10906, 232,   10902, 10904, 10905, 9191,  8467,  10901, 10903, 275,   8709,  8709,  8709,  8195,  8196,  8197,
    331,   8194,  281,   55638, 8917,  10723, 10865, 949,   949,   1013,  8790,  8789,  8770,  10902, 10901, 61,
    8799,  8801,  10872, 10725, 8787,  10609, 8495,  8784,  8770,  951,   240,   235,   8364,  33,    8707,  8496,
    8519,  8786,  1092,  9792,  64259, 64256, 64260, 55587, 64257, 57369, 9837,  64258, 9649,  402,   55639, 8704,
    8916,  10969, 10765, 189,   8531,  188,   8533,  8537,  8539,  8532,  8534,  190,   8535,  8540,  8536,  8538,
    8541,  8542,  8260,  8994,  55483, 8807,  10892, 501,   947,   989,   10886, 287,   285,   1075,  289,   8805,
    8923,  8805,  8807,  10878, 10878, 10921, 10880, 10882, 10884, 57370, 10900, 55588, 8811,  8921,  8503,  1107,
    8823,  10898, 10917, 10916, 8809,  10890, 10890, 10888, 10888, 8809,  8935,  55640, 96,    8458,  8819,  10894,
    10896, 62,    10919, 10874, 8919,  10645, 10876, 10886, 10616, 8919,  8923,  10892, 8823,  8819,  57371, 57372,
    8660,  8202,  189,   8459,  1098,  8596,  10568, 8621,  8463,  293,   9829,  9829,  8230,  8889,  55589, 10533,
    10534, 8703,  8763,  8617,  8618,  55641, 8213,  55485, 8463,  295,   8259,  8208,  237,   8291,  238,   1080,
    1077,  161,   8660,  55590, 236,   8520,  10764, 8749,  10716, 8489,  307,   299,   8465,  8464,  8465,  305,
    8887,  437,   8712,  8453,  8734,  10717, 305,   8747,  8890,  8484,  8890,  10775, 10812, 1105,  303,   55642,
    953,   10812, 191,   55486, 8712,  8953,  8949,  8948,  8947,  8712,  8290,  297,   1110,  239,   309,   1081,
    55591, 567,   55643, 55487, 1112,  1108,  954,   1008,  311,   1082,  55592, 312,   1093,  1116,  55644, 55488,
    8666,  8656,  10523, 10510, 8806,  10891, 10594, 314,   10676, 8466,  955,   10216, 10641, 10216, 10885, 171,
    8592,  8676,  10527, 10525, 8617,  8619,  10553, 10611, 8610,  10923, 10521, 10925, 57373, 10508, 10098, 123,
    91,    10635, 10639, 10637, 318,   316,   8968,  123,   1083,  10550, 8220,  8222,  10599, 10571, 8626,  8804,
    8592,  8610,  8637,  8636,  8647,  8596,  8646,  8651,  8621,  8907,  8922,  8804,  8806,  10877, 10877, 10920,
    10879, 10881, 10883, 57374, 10899, 10885, 8918,  8922,  10891, 8822,  8818,  10620, 8970,  55593, 8822,  10897,
    8637,  8636,  10602, 9604,  1113,  8810,  8647,  8990,  10603, 9722,  320,   9136,  9136,  8808,  10889, 10889,
    10887, 10887, 8808,  8934,  10220, 8701,  10214, 10229, 10231, 10236, 10230, 8619,  8620,  10629, 55645, 10797,
    10804, 8727,  95,    9674,  9674,  10731, 40,    10643, 8646,  8991,  8651,  10605, 8206,  8895,  8249,  55489,
    8624,  8818,  10893, 10895, 91,    8216,  8218,  322,   60,    10918, 10873, 8918,  8907,  8905,  10614, 10875,
    10646, 9667,  8884,  9666,  10570, 10598, 57375, 57376, 8762,  175,   9794,  10016, 10016, 8614,  8614,  8615,
    8612,  8613,  9646,  10793, 1084,  8212,  8737,  55594, 8487,  181,   8739,  42,    10992, 183,   8722,  8863,
    8760,  10794, 10971, 8230,  8723,  8871,  55646, 8723,  55490, 8766,  956,   8888,  8888,  57377, 57378, 57379,
    8653,  8654,  57380, 57381, 57382, 8655,  8879,  8878,  8711,  324,   57383, 8777,  57384, 57385, 329,   8777,
    9838,  9838,  8469,  160,   57386, 57387, 10819, 328,   326,   8775,  57388, 10818, 1085,  8211,  8800,  8663,
    10532, 8599,  8599,  57389, 8802,  10536, 57390, 8708,  8708,  55595, 57391, 8817,  8817,  57392, 57393, 57394,
    8821,  8815,  8815,  8654,  8622,  10994, 8715,  8956,  8954,  8715,  1114,  8653,  57395, 8602,  8229,  8816,
    8602,  8622,  8816,  57396, 57397, 57398, 8814,  8820,  8814,  8938,  8940,  8740,  55647, 172,   8713,  57399,
    57400, 8713,  8951,  8950,  8716,  8716,  8958,  8957,  8742,  8742,  57401, 57402, 10772, 8832,  8928,  57403,
    8832,  57404, 8655,  8603,  57405, 57406, 8603,  8939,  8941,  8833,  8929,  57407, 55491, 8740,  8742,  8769,
    8772,  8772,  8740,  8742,  8930,  8931,  8836,  57408, 8840,  57409, 8840,  57410, 8833,  57411, 8837,  57412,
    8841,  57413, 8841,  57414, 8825,  241,   8824,  8938,  8940,  8939,  8941,  957,   35,    8470,  8199,  8877,
    10500, 57415, 8876,  57416, 57417, 10718, 10498, 57418, 57419, 57420, 10499, 57421, 57422, 8662,  10531, 8598,
    8598,  10535, 9416,  243,   8859,  8858,  244,   1086,  8861,  337,   10808, 8857,  10684, 339,   10687, 55596,
    731,   242,   10689, 10677, 937,   8750,  8634,  10686, 10683, 8254,  10688, 333,   969,   959,   10678, 8854,
    55648, 10679, 10681, 8853,  8744,  8635,  10845, 8500,  8500,  170,   186,   8886,  10838, 10839, 10843, 8500,
    248,   8856,  245,   8855,  10806, 246,   9021,  8741,  182,   8741,  10995, 11005, 8706,  1087,  37,    46,
    8240,  8869,  8241,  55597, 966,   981,   8499,  9742,  960,   8916,  982,   8463,  8462,  8463,  43,    10787,
    8862,  10786, 8724,  10789, 10866, 177,   10790, 10791, 177,   10773, 55649, 163,   8826,  10931, 10935, 8828,
    10927, 8826,  10935, 8828,  10927, 10937, 10933, 8936,  8830,  8242,  8473,  10933, 10937, 8936,  8719,  9006,
    8978,  8979,  8733,  8733,  8830,  8880,  55493, 968,   8200,  55598, 10764, 55650, 8279,  55494, 8461,  10774,
    63,    8799,  34,    8667,  8658,  10524, 10511, 10596, 57423, 341,   8730,  10675, 10217, 10642, 10661, 10217,
    187,   8594,  10613, 8677,  10528, 10547, 10526, 8618,  8620,  10565, 10612, 8611,  8605,  10522, 8758,  8474,
    10509, 10099, 125,   93,    10636, 10638, 10640, 345,   343,   8969,  125,   1088,  10551, 10601, 8221,  8221,
    8627,  8476,  8475,  8476,  8477,  9645,  174,   10621, 8971,  55599, 8641,  8640,  10604, 961,   1009,  8594,
    8611,  8641,  8640,  8644,  8652,  8649,  8605,  8908,  730,   8787,  8644,  8652,  8207,  9137,  9137,  10990,
    10221, 8702,  10215, 10630, 55651, 10798, 10805, 41,    10644, 10770, 8649,  8250,  55495, 8625,  93,    8217,
    8217,  8908,  8906,  9657,  8885,  9656,  10702, 10600, 8478,  347,   8218,  8827,  10932, 10936, 353,   8829,
    10928, 351,   349,   10934, 10938, 8937,  10771, 8831,  1089,  8901,  8865,  10854, 8664,  10533, 8600,  8600,
    167,   59,    10537, 8726,  8726,  10038, 55600, 8994,  9839,  1097,  1096,  8739,  8741,  173,   963,   962,
    962,   8764,  10858, 8771,  8771,  10910, 10912, 10909, 10911, 8774,  10788, 10610, 8592,  8726,  10803, 10724,
    8739,  8995,  10922, 10924, 57424, 1100,  47,    10692, 9023,  55652, 9824,  9824,  8741,  8851,  57425, 8852,
    57426, 8847,  8849,  8847,  8849,  8848,  8850,  8848,  8850,  9633,  9633,  9642,  9642,  8594,  55496, 8726,
    8995,  8902,  9734,  9733,  1013,  981,   175,   8834,  10949, 10941, 8838,  10947, 10945, 10955, 8842,  10943,
    10617, 8834,  8838,  10949, 8842,  10955, 10951, 10965, 10963, 8827,  10936, 8829,  10928, 10938, 10934, 8937,
    8831,  8721,  9834,  8835,  185,   178,   179,   10950, 10942, 10968, 8839,  10948, 10185, 10967, 10619, 10946,
    10956, 8843,  10944, 8835,  8839,  10950, 8843,  10956, 10952, 10964, 10966, 8665,  10534, 8601,  8601,  10538,
    223,   8982,  964,   9140,  357,   355,   1090,  8411,  8981,  55601, 8756,  8756,  952,   977,   977,   8776,
    8764,  8201,  8776,  8764,  254,   732,   215,   8864,  10801, 10800, 8749,  10536, 8868,  9014,  10993, 55653,
    10970, 10537, 8244,  8482,  9653,  9663,  9667,  8884,  8796,  9657,  8885,  9708,  8796,  10810, 10809, 10701,
    10811, 9186,  55497, 1094,  1115,  359,   8812,  8606,  8608,  8657,  10595, 250,   8593,  1118,  365,   251,
    1091,  8645,  369,   10606, 10622, 55602, 249,   8639,  8638,  9600,  8988,  8988,  8975,  9720,  363,   168,
    371,   55654, 8593,  8597,  8639,  8638,  8846,  965,   978,   965,   8648,  8989,  8989,  8974,  367,   9721,
    55498, 8944,  361,   9653,  9652,  8648,  252,   10663, 8661,  10984, 10985, 8872,  10652, 1013,  1008,  8709,
    981,   982,   8733,  8597,  1009,  962,   57427, 57428, 57429, 57430, 977,   8882,  8883,  1074,  8866,  8744,
    8891,  8794,  8942,  124,   124,   55603, 8882,  57431, 57432, 55655, 8733,  8883,  55499, 57433, 57434, 57435,
    57436, 10650, 373,   10847, 8743,  8793,  8472,  55604, 55656, 8472,  8768,  8768,  55500, 8898,  9711,  8899,
    9661,  55605, 10234, 10231, 958,   10232, 10229, 10236, 8955,  10752, 55657, 10753, 10754, 10233, 10230, 55501,
    10758, 10756, 9651,  8897,  8896,  253,   1103,  375,   1099,  165,   55606, 1111,  55658, 55502, 1102,  255,
    378,   382,   1079,  380,   8488,  950,   55607, 1078,  8669,  55659, 55503, 8205,  8204};

const uint16_t entity_pairs[][2] = {
    {8770, 824},    {8807, 824},    {8811, 824},    {10878, 824},   {8782, 824},   {8783, 824},    {10703, 824},
    {8810, 824},    {10877, 824},   {10914, 824},   {10913, 824},   {10927, 824},  {10704, 824},   {8847, 824},
    {8848, 824},    {8834, 8402},   {10928, 824},   {8831, 824},    {8835, 8402},  {8287, 8202},   {8766, 819},
    {61, 8421},     {8801, 8421},   {8745, 65024},  {8746, 65024},  {102, 106},    {8923, 65024},  {8809, 65024},
    {8809, 65024},  {10925, 65024}, {8922, 65024},  {8808, 65024},  {8808, 65024}, {8921, 824},    {8811, 8402},
    {8811, 824},    {8920, 824},    {8810, 8402},   {8810, 824},    {8736, 8402},  {10864, 824},   {8779, 824},
    {8782, 824},    {8783, 824},    {10861, 824},   {8784, 824},    {8770, 824},   {8807, 824},    {8807, 824},
    {10878, 824},   {10878, 824},   {8806, 824},    {8806, 824},    {10877, 824},  {10877, 824},   {8953, 824},
    {8949, 824},    {11005, 8421},  {8706, 824},    {10927, 824},   {10927, 824},  {10547, 824},   {8605, 824},
    {10928, 824},   {10949, 824},   {8834, 8402},   {10949, 824},   {10928, 824},  {10950, 824},   {8835, 8402},
    {10950, 824},   {8781, 8402},   {8805, 8402},   {62, 8402},     {8804, 8402},  {60, 8402},     {8884, 8402},
    {8885, 8402},   {8764, 8402},   {8765, 817},    {10924, 65024}, {8851, 65024}, {8852, 65024},  {8842, 65024},
    {10955, 65024}, {8843, 65024},  {10956, 65024}, {8834, 8402},   {8835, 8402},  {10955, 65024}, {8842, 65024},
    {10956, 65024}, {8843, 65024}};
