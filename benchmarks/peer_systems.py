"""The systems that benchmarks/peers.py measures, each used as its own documentation uses it: on the processor, with the weights in a given folder.

All index the same texts, one entry each, and return what is nearest to a question, HITS entries of it; the product cuts the texts into passages and returns
quotations. Nothing is imported before a system needs it, so that each is charged with its own imports alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HITS = 10
PIECE = 1_000
"""Texts that are given to Chroma at once; it refuses more than some thousands."""


class System:
    """One system. `needs`: the package that it cannot run without. `builds`: False where it asks the index of another."""

    needs: str
    gives = f"{HITS} texts"
    builds = True

    def __init__(self, weights: Path) -> None:
        """`weights`: a sentence-transformers folder. Nothing is imported yet."""
        self.weights = weights

    def load(self) -> None:
        """Import what it needs, and load the weights."""
        raise NotImplementedError

    def build(self, texts: dict[str, str], folder: Path) -> None:
        """Index texts by their names, and keep that in an empty folder."""
        raise NotImplementedError

    def open(self, folder: Path) -> None:
        """Load, and open what was kept."""
        raise NotImplementedError

    def ask(self, question: str) -> list[str]:
        """The names of the texts that answer or are nearest, best first."""
        raise NotImplementedError


class PlainStack(System):
    """sentence-transformers and FAISS by hand."""

    needs = "sentence_transformers"

    def load(self) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self.faiss: Any = faiss
        self.model = SentenceTransformer(str(self.weights), device="cpu", local_files_only=True)

    def build(self, texts: dict[str, str], folder: Path) -> None:
        vectors = self.model.encode(list(texts.values()), normalize_embeddings=True)
        index = self.faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        self.faiss.write_index(index, str(folder / "vectors"))
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, folder: Path) -> None:
        self.load()
        self.index = self.faiss.read_index(str(folder / "vectors"))
        self.texts = list(json.loads((folder / "texts.json").read_text(encoding="utf-8")).items())

    def ask(self, question: str) -> list[str]:
        _, rows = self.index.search(self.model.encode([question], normalize_embeddings=True), HITS)
        return [self.texts[row][0] for row in rows[0]]


class LangChain(System):
    """HuggingFaceEmbeddings and the FAISS store."""

    needs = "langchain_community"

    def load(self) -> None:
        from langchain_community.vectorstores import FAISS
        from langchain_huggingface import HuggingFaceEmbeddings

        self.faiss = FAISS
        self.model = HuggingFaceEmbeddings(model_name=str(self.weights), model_kwargs={"device": "cpu"})

    def build(self, texts: dict[str, str], folder: Path) -> None:
        names = [{"name": name} for name in texts]
        self.faiss.from_texts(list(texts.values()), self.model, metadatas=names).save_local(str(folder))

    def open(self, folder: Path) -> None:
        self.load()
        self.store = self.faiss.load_local(str(folder), self.model, allow_dangerous_deserialization=True)  # it was made just now

    def ask(self, question: str) -> list[str]:
        return [found.metadata["name"] for found in self.store.similarity_search(question, k=HITS)]


class LlamaIndex(System):
    """HuggingFaceEmbedding and its own vector store."""

    needs = "llama_index.core"

    def load(self) -> None:
        from llama_index import core
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self.core: Any = core
        self.model = HuggingFaceEmbedding(model_name=str(self.weights), device="cpu")

    def build(self, texts: dict[str, str], folder: Path) -> None:
        from llama_index.core.schema import TextNode

        nodes = [TextNode(id_=name, text=text) for name, text in texts.items()]
        index = self.core.VectorStoreIndex(nodes, embed_model=self.model)
        index.storage_context.persist(str(folder))

    def open(self, folder: Path) -> None:
        self.load()
        kept = self.core.StorageContext.from_defaults(persist_dir=str(folder))
        index = self.core.load_index_from_storage(kept, embed_model=self.model)
        self.retriever = index.as_retriever(similarity_top_k=HITS)

    def ask(self, question: str) -> list[str]:
        return [found.node.node_id for found in self.retriever.retrieve(question)]


class Chroma(System):
    """A collection on the disk, with its sentence-transformers function."""

    needs = "chromadb"

    def load(self) -> None:
        import chromadb
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self.chromadb = chromadb
        self.model: Any = SentenceTransformerEmbeddingFunction(model_name=str(self.weights), device="cpu")

    def _client(self, folder: Path) -> Any:
        return self.chromadb.PersistentClient(str(folder), settings=self.chromadb.Settings(anonymized_telemetry=False))

    def build(self, texts: dict[str, str], folder: Path) -> None:
        collection = self._client(folder).create_collection("texts", embedding_function=self.model)
        names = list(texts)
        for begin in range(0, len(names), PIECE):
            piece = names[begin : begin + PIECE]
            collection.add(ids=piece, documents=[texts[name] for name in piece])

    def open(self, folder: Path) -> None:
        self.load()
        self.collection = self._client(folder).get_collection("texts", embedding_function=self.model)

    def ask(self, question: str) -> list[str]:
        return list(self.collection.query(query_texts=[question], n_results=HITS)["ids"][0])


class Txtai(System):
    """Its hybrid search: vectors and BM25."""

    needs, gives = "txtai", f"{HITS} texts, hybrid"

    def load(self) -> None:
        from txtai import Embeddings

        self.embeddings = Embeddings(path=str(self.weights), content=True, hybrid=True, gpu=False)
        self.embeddings.batchtransform(["The weights are loaded."])

    def build(self, texts: dict[str, str], folder: Path) -> None:
        self.embeddings.index([(name, text, None) for name, text in texts.items()])
        self.embeddings.save(str(folder))

    def open(self, folder: Path) -> None:
        from txtai import Embeddings

        self.embeddings = Embeddings()
        self.embeddings.load(str(folder))

    def ask(self, question: str) -> list[str]:
        return [found["id"] for found in self.embeddings.search(question, HITS)]


class Haystack(System):
    """Its sentence-transformers embedders and its store in memory."""

    needs = "haystack_integrations.components.embedders.sentence_transformers"

    def _embedder(self, kind: str) -> Any:
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders import sentence_transformers

        embedder = getattr(sentence_transformers, f"SentenceTransformers{kind}Embedder")(
            model=str(self.weights), device=ComponentDevice.from_str("cpu"), progress_bar=False
        )
        embedder.warm_up()
        return embedder

    def load(self) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self.store: Any = InMemoryDocumentStore
        self.documents = self._embedder("Document")

    def build(self, texts: dict[str, str], folder: Path) -> None:
        from haystack import Document

        store = self.store(embedding_similarity_function="cosine")
        documents = [Document(id=name, content=text) for name, text in texts.items()]
        store.write_documents(self.documents.run(documents=documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        from haystack import Pipeline
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        self.pipeline = Pipeline()
        self.pipeline.add_component("embedder", self._embedder("Text"))
        self.pipeline.add_component("retriever", InMemoryEmbeddingRetriever(document_store=store, top_k=HITS))
        self.pipeline.connect("embedder.embedding", "retriever.query_embedding")

    def ask(self, question: str) -> list[str]:
        return [found.id for found in self.pipeline.run({"embedder": {"text": question}})["retriever"]["documents"]]


class Ours(System):
    """This product, opened as its shell opens it, the networks loading meanwhile; the weights are the packaged ones anyway."""

    needs, gives = "qa", "a verdict and quotations with citations"
    command: tuple[str, ...] = ("ask",)

    def load(self) -> None:
        from index.embed import SentenceTransformerEncoder

        self.encoder = SentenceTransformerEncoder()
        self.encoder.load()

    def build(self, texts: dict[str, str], folder: Path) -> None:
        from index import build_index

        sources = folder / "sources"
        sources.mkdir()
        for name, text in texts.items():
            (sources / name).write_text(text or "(empty)", encoding="utf-8", newline="")
        build_index(sources, folder / "index", encoder=self.encoder)

    def open(self, folder: Path) -> None:
        import qa.__main__ as shell

        self.assistant = shell._open(shell._parser().parse_args([*self.command, "", "--index", str(folder / "index")]))

    def ask(self, question: str) -> list[str]:
        answer = self.assistant.ask(question)
        return [quoted.document for quoted in answer.citations or answer.related]


class OursUnread(Ours):
    """The same without the trained reader."""

    builds, command = False, ("ask", "--reader", "none")


class OursRetrieval(Ours):
    """Its search alone, of vectors and words."""

    gives, builds, command = f"{HITS} passages, hybrid", False, ("retrieve",)

    def ask(self, question: str) -> list[str]:
        return [hit.document for hit in self.assistant.retrieve(question, HITS)]


SYSTEMS: dict[str, type[System]] = {
    "sentence-transformers + FAISS": PlainStack,
    "Chroma": Chroma,
    "LangChain": LangChain,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "txtai": Txtai,
    "ours": Ours,
    "ours, --reader none": OursUnread,
    "ours, retrieval alone": OursRetrieval,
}
"""By name, in the order in which they are measured; who does not build asks what "ours" has built. The first is what the others are compared with."""
