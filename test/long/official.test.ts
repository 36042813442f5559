import '../official/large-file.cases.ts';
