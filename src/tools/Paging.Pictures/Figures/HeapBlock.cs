using Paging.Native;

namespace Paging.Pictures.Figures;

/// <summary>A chunk of a heap.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="ByteLength">How long it is, with its header.</param>
/// <param name="IsInUse">The program holds it.</param>
public readonly record struct HeapBlock(VirtualAddress Start, uint ByteLength, bool IsInUse);
