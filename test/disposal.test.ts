import './disposal/treatment.cases.ts';
import './disposal/reversal.cases.ts';
import './disposal/fate.cases.ts';
import './disposal/conservation.cases.ts';
