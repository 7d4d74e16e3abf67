using Paging.Native;

namespace Paging.Programs;

/// <summary>The random choices about an address space, in the ranges of a 32-bit kernel. Switched off, they change nothing.</summary>
/// <remarks><code>
///   mappings, and position-independent programs    8 bits of pages          1 MiB      arch_mmap_rnd (mmap_rnd_bits = 8)
///   stack                                         11 bits of pages          8 MiB      randomize_stack_top (STACK_RND_MASK = 0x7ff)
///   stack pointer                                 8192 bytes, by 16         8 KiB      arch_align_stack
///   heap                                          13 bits of pages         32 MiB      arch_randomize_brk (0x02000000)
/// </code>
/// Linux: arch/x86/mm/mmap.c, arch/x86/kernel/process.c, fs/binfmt_elf.c.
/// </remarks>
internal ref struct LayoutDice(ref SeededRandom random, bool isOn)
{
    private const uint MappingPages = 1 << 8, StackPages = 1 << 11, HeapPages = 1 << 13, StackBytes = 8192;

    private readonly ref SeededRandom _random = ref random;

    /// <summary>The farthest that the stack may be moved down.</summary>
    public readonly PageCount StackShiftMax => new(isOn ? StackPages - 1 : 0);

    public readonly bool IsOn => isOn;

    public readonly PageCount MappingShift() => Pages(MappingPages);

    public readonly PageCount StackShift() => Pages(StackPages);

    public readonly PageCount HeapShift() => Pages(HeapPages);

    /// <summary>Moves a stack pointer down by a random distance, to a multiple of 16.</summary>
    public readonly VirtualAddress AlignStack(VirtualAddress pointer) =>
        new((isOn ? pointer.Value - _random.Below(StackBytes) : pointer.Value) & ~0xFu);

    /// <summary>Fills the sixteen bytes after AT_RANDOM, which are random even if the layout is not.</summary>
    public readonly void Fill(Span<byte> bytes) => _random.Fill(bytes);

    private readonly PageCount Pages(uint bound) => new(isOn ? _random.Below(bound) : 0);
}
