using Paging.Native;

namespace Paging.Pictures.Figures;

/// <summary>A chunk of a heap.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="ByteLength">Its length in bytes, with its header.</param>
/// <param name="IsInUse">The program holds it.</param>
public readonly record struct HeapBlock(VirtualAddress Start, uint ByteLength, bool IsInUse);
