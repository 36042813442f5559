import './manifests/receipt.cases.ts';
