import { words } from "../words/language.svelte";

export const demo = words(
  {
    label: "Demonstration",
    says: "This is a demonstration: it lives in this page, and nothing of it is kept.",
    signUp: "Make an account",
  },
  {
    label: "둘러보기",
    says: "둘러보기 화면입니다. 모든 내용은 이 페이지에만 있고 저장되지 않습니다.",
    signUp: "계정 만들기",
  },
);
