using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>One chunk of a heap.</summary>
/// <param name="Start">The start of the chunk; the program's bytes begin 8 bytes further.</param>
/// <param name="ByteLength">The length in bytes, with the header.</param>
/// <param name="IsInUse">The program holds it. The free end of the heap, its top, is not in use.</param>
public readonly record struct HeapChunkSnapshot(VirtualAddress Start, uint ByteLength, bool IsInUse);
