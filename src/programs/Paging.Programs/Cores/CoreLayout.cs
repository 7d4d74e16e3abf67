using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>Where stack and heap of a core file's program are, which the file does not say: derived from its auxiliary vector.</summary>
internal sealed class CoreLayout
{
    private static readonly PageCount HeapShiftMax = new(0x2000);    // brk begins up to 32 MiB after the program (arch_randomize_brk)

    private PageRange _stack;

    /// <summary>The parts of the program: its first stack pointer, roughly.</summary>
    public ProgramExtents Program { get; private set; }

    /// <summary>The heap; zero if there is none.</summary>
    public VirtualAddress StartBreak { get; private set; }

    /// <inheritdoc cref="StartBreak"/>
    public VirtualAddress EndOfHeap { get; private set; }

    public static CoreLayout Of(CoreFile core)
    {
        CoreLayout layout = new();
        if (Find(core, AuxiliaryKind.Random) is { } random && core.FindArea(random) is { FileName.Length: 0 } stack)
        {
            layout._stack = stack.Range;    // the kernel puts these bytes above the strings of the first stack (create_elf_tables)
            layout.Program = new(default, default, default, default, random, default, default, default);
        }

        if (Find(core, AuxiliaryKind.Entry) is { } entry && core.FindArea(entry) is { FileName: { Length: > 0 } program })
            layout.FindHeap(core, program);
        return layout;
    }

    /// <summary>Returns true for the area of the first stack.</summary>
    public bool IsStack(CoreArea area) => area.Range == _stack && area.FileName.Length == 0;

    /// <summary>Returns the value of a pair of the auxiliary vector as an address; null if there is none.</summary>
    public static VirtualAddress? Find(CoreFile core, AuxiliaryKind kind)
    {
        ReadOnlySpan<byte> vector = core.Process.AuxiliaryVector.Span;
        for (; vector.Length >= 2 * sizeof(uint); vector = vector[(2 * sizeof(uint))..])
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(vector) == (uint)kind)
                return new(BinaryPrimitives.ReadUInt32LittleEndian(vector[sizeof(uint)..]));
        }

        return null;
    }

    /// <summary>The heap is the first writable anonymous area after the program and its zeroed data.</summary>
    private void FindHeap(CoreFile core, string program)
    {
        PageNumber end = default;
        foreach (CoreArea area in core.Areas)
        {
            bool isAnonymous = area.FileName.Length == 0;
            if (string.Equals(area.FileName, program, StringComparison.Ordinal)) end = area.Range.End;
            else if (end == default || !isAnonymous) continue;
            else if (area.Range.First == end) end = area.Range.End;    // its zeroed data
            else if (area.Range.First - end > HeapShiftMax || (area.Protection & MemoryProtection.Write) == 0 || IsStack(area)) return;
            else
            {
                (StartBreak, EndOfHeap) = (area.Range.First.Address, area.Range.End.Address);
                return;
            }
        }
    }
}
