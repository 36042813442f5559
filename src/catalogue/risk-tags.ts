/**
 * Risk tags that a regulator puts on a unit, so that its alerts come first and its checks are stricter. The plan that
 * asks for them names them and defines neither; the English is our reading and decides nothing.
 */
export const RISK_TAGS = {
  flammable_explosive_toxic_harmful: {
    zh: '两易两有',
    en: 'flammable, explosive, toxic or harmful waste',
    source: '济南市市中区“无废城市”建设方案（2023-03-24）四（六）5',
  },
  nitration: {
    zh: '硝化类废物',
    en: 'waste of nitration processes',
    source: '济南市市中区“无废城市”建设方案（2023-03-24）四（六）5',
  },
} as const;
