/**
 * What a prefecture like Jinan is made of: rough positions of its counties' seats, trades and what they produce, and
 * the wastes as they lie in a store. Masses and rhythms are ours, of the size a district's yearly reports show; no row
 * is a real company.
 */
export interface CountyRow {
  readonly region: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

export const COUNTIES: readonly CountyRow[] = [
  { region: '370102', name: '历下', latitude: 36.67, longitude: 117.08 },
  { region: '370103', name: '市中', latitude: 36.65, longitude: 116.99 },
  { region: '370104', name: '槐荫', latitude: 36.65, longitude: 116.9 },
  { region: '370105', name: '天桥', latitude: 36.68, longitude: 116.99 },
  { region: '370112', name: '历城', latitude: 36.7, longitude: 117.15 },
  { region: '370113', name: '长清', latitude: 36.55, longitude: 116.75 },
  { region: '370114', name: '章丘', latitude: 36.71, longitude: 117.53 },
  { region: '370115', name: '济阳', latitude: 36.98, longitude: 117.17 },
  { region: '370116', name: '莱芜', latitude: 36.21, longitude: 117.66 },
  { region: '370117', name: '钢城', latitude: 36.06, longitude: 117.81 },
  { region: '370124', name: '平阴', latitude: 36.29, longitude: 116.45 },
  { region: '370126', name: '商河', latitude: 37.31, longitude: 117.16 },
];

export interface WasteRow {
  readonly code: string;
  readonly name: string;
  readonly form: 'solid' | 'semi_solid' | 'liquid';
  readonly hazards: readonly string[];
  readonly packaging: 'bag' | 'drum' | 'can' | 'box' | 'bulk_bag' | 'tank';
  /** What a load usually weighs. */
  readonly loadGrams: readonly [from: number, to: number];
  /** What one full piece weighs; none for a tank. */
  readonly pieceGrams: number | null;
}

const t = (tonnes: number): number => tonnes * 1_000_000;

export const WASTES = {
  emulsion: waste('900-006-09', '废切削液', 'liquid', ['T'], 'tank', [t(3), t(9)], null),
  mineralOil: waste('900-249-08', '废矿物油', 'liquid', ['T', 'I'], 'tank', [t(2), t(12)], null),
  engineOil: waste('900-214-08', '废机油', 'liquid', ['T', 'I'], 'drum', [t(0.6), t(2.4)], 180_000),
  packaging: waste('900-041-49', '沾染废包装物', 'solid', ['T', 'In'], 'bulk_bag', [t(0.5), t(2.5)], 250_000),
  carbon: waste('900-039-49', '废活性炭', 'solid', ['T'], 'bulk_bag', [t(1), t(6)], 500_000),
  pickling: waste('336-064-17', '酸洗污泥', 'semi_solid', ['T', 'C'], 'bulk_bag', [t(4), t(18)], 1_000_000),
  nickel: waste('336-054-17', '电镀污泥', 'semi_solid', ['T'], 'bulk_bag', [t(3), t(15)], 1_000_000),
  paint: waste('900-299-12', '废油漆', 'semi_solid', ['T'], 'drum', [t(1), t(6)], 200_000),
  glue: waste('900-014-13', '废胶', 'semi_solid', ['T'], 'drum', [t(0.8), t(4)], 200_000),
  solvent: waste('900-402-06', '废有机溶剂', 'liquid', ['T', 'I', 'R'], 'drum', [t(1.5), t(8)], 170_000),
  catalyst: waste('261-151-50', '废催化剂', 'solid', ['T'], 'drum', [t(2), t(9)], 250_000),
  acid: waste('900-349-34', '废酸', 'liquid', ['C', 'T'], 'tank', [t(5), t(20)], null),
  flyAsh: waste('772-002-18', '飞灰', 'solid', ['T'], 'bulk_bag', [t(18), t(28)], 1_000_000),
  laboratory: waste('900-047-49', '实验室废液', 'liquid', ['T', 'C', 'I', 'R'], 'box', [t(0.2), t(0.9)], 20_000),
  battery: waste('900-052-31', '废铅蓄电池', 'solid', ['T', 'C'], 'box', [t(0.5), t(3)], 400_000),
} as const;

export type WasteKey = keyof typeof WASTES;

function waste(
  code: string,
  name: string,
  form: WasteRow['form'],
  hazards: readonly string[],
  packaging: WasteRow['packaging'],
  loadGrams: WasteRow['loadGrams'],
  pieceGrams: number | null,
): WasteRow {
  return { code, name, form, hazards, packaging, loadGrams, pieceGrams };
}

export interface TradeRow {
  readonly trade: string;
  readonly names: readonly string[];
  /** HJ 1259-2022 4.2: 重点监管, 简化, 登记. A key site weighs its trucks (4.3.3); the others weigh drums and bags. */
  readonly siteClass: 'key' | 'simple' | 'register';
  readonly wastes: readonly WasteKey[];
  /** How many of forty producers. */
  readonly share: number;
}

export const TRADES: readonly TradeRow[] = [
  {
    trade: '机械有限公司',
    names: ['泰山', '鲁能', '华东', '齐鲁', '龙奥', '北园', '重工', '汇丰'],
    siteClass: 'simple',
    wastes: ['emulsion', 'mineralOil', 'packaging'],
    share: 9,
  },
  {
    trade: '汽车维修有限公司',
    names: ['经十路', '北园大街', '二环东', '顺达', '宏盛', '世纪', '恒信', '万通'],
    siteClass: 'register',
    wastes: ['engineOil', 'battery'],
    share: 10,
  },
  {
    trade: '表面处理有限公司',
    names: ['金光', '华镀', '宏宇', '恒润'],
    siteClass: 'key',
    wastes: ['pickling', 'nickel', 'acid'],
    share: 5,
  },
  {
    trade: '涂装有限公司',
    names: ['彩虹', '瑞丰', '明泰', '新美'],
    siteClass: 'simple',
    wastes: ['paint', 'packaging', 'carbon'],
    share: 6,
  },
  {
    trade: '化工股份有限公司',
    names: ['鲁北', '济化', '圣泉路', '裕兴'],
    siteClass: 'key',
    wastes: ['solvent', 'catalyst', 'glue'],
    share: 5,
  },
  { trade: '生活垃圾焚烧发电厂', names: ['明水', '济北', '平安'], siteClass: 'key', wastes: ['flyAsh'], share: 2 },
  {
    trade: '大学实验中心',
    names: ['历山', '长清湖', '千佛山'],
    siteClass: 'register',
    wastes: ['laboratory'],
    share: 3,
  },
];

export interface PlantRow {
  readonly name: string;
  readonly region: string;
  readonly licence: string;
  readonly wasteCodes: readonly string[];
  readonly method: string;
  /** Yearly scale, tonnes. */
  readonly scaleTonnes: number;
  /** 收集: keeps what it takes until others treat it. */
  readonly isCollector: boolean;
}

export const PLANTS: readonly PlantRow[] = [
  {
    name: '济南钢城环保处置有限公司',
    region: '370117',
    licence: '鲁危证 3701-0001',
    wasteCodes: ['HW06', 'HW08', 'HW09', 'HW12', 'HW13', 'HW49'],
    method: 'D10',
    scaleTonnes: 30_000,
    isCollector: false,
  },
  {
    name: '济南平阴水泥窑协同处置有限公司',
    region: '370124',
    licence: '鲁危证 3701-0002',
    wasteCodes: ['HW06', 'HW12', 'HW13', 'HW17', 'HW49', 'HW50'],
    method: 'C1',
    scaleTonnes: 60_000,
    isCollector: false,
  },
  {
    name: '济南章丘资源再生有限公司',
    region: '370114',
    licence: '鲁危证 3701-0003',
    wasteCodes: ['HW08', 'HW09', 'HW31', 'HW34', 'HW50'],
    method: 'R9',
    scaleTonnes: 20_000,
    isCollector: false,
  },
  {
    name: '济南商河安全填埋有限公司',
    region: '370126',
    licence: '鲁危证 3701-0004',
    wasteCodes: ['HW17', 'HW18'],
    method: 'D1',
    scaleTonnes: 80_000,
    isCollector: false,
  },
  {
    name: '济南槐荫小微企业危险废物收集有限公司',
    region: '370104',
    licence: '鲁危证 3701-0101',
    wasteCodes: ['900-214-08', '900-041-49', '900-047-49', 'HW31'],
    method: 'R15',
    scaleTonnes: 5_000,
    isCollector: true,
  },
  {
    name: '济南历城危险废物收集贮存有限公司',
    region: '370112',
    licence: '鲁危证 3701-0102',
    wasteCodes: ['HW08', 'HW49', 'HW31'],
    method: 'R15',
    scaleTonnes: 5_000,
    isCollector: true,
  },
];

export const CARRIERS: readonly string[] = [
  '济南泉城危废运输有限公司',
  '济南黄河危险品运输有限公司',
  '章丘顺安危货运输有限公司',
  '莱芜通达危险货物运输有限公司',
  '济南北园危运物流有限公司',
  '商河平安危货运输有限公司',
];
