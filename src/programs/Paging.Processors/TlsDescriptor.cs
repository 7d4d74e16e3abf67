using Paging.Native;

namespace Paging.Processors;

/// <summary>A segment requested by set_thread_area(2): the fields of <c>struct user_desc</c> but its number.</summary>
/// <param name="Base">Its first address.</param>
/// <param name="Limit">Its last unit: a byte, or a page with <see cref="TlsFlags.LimitInPages"/>.</param>
/// <param name="Flags">The bit field of <c>struct user_desc</c>.</param>
public readonly record struct TlsDescriptor(VirtualAddress Base, uint Limit, TlsFlags Flags)
{
    /// <summary>True for a descriptor that clears an entry: all zero, or the pattern that Linux calls LDT_empty.</summary>
    public bool IsEmpty => this == default || (Base == default && Limit == 0 && Flags == (TlsFlags.ReadExecuteOnly | TlsFlags.NotPresent));

    /// <summary>The eight bytes that the processor reads. Linux: fill_ldt (arch/x86/include/asm/desc.h).</summary>
    internal ulong Word
    {
        get
        {
            if (IsEmpty) return 0;
            ulong flags = (ulong)Flags, address = Base.Value;
            ulong type = 1 | ((~(flags >> 3) & 1) << 1) | (((flags >> 1) & 3) << 2);    // accessed, writable, contents
            ulong access = type | (1 << 4) | (3 << 5) | ((~(flags >> 5) & 1) << 7);     // code or data, ring 3, present
            ulong high = ((Limit >> 16) & 0xF) | (((flags >> 6) & 1) << 4) | ((flags & 1) << 6) | (((flags >> 4) & 1) << 7);
            return (Limit & 0xFFFF) | ((address & 0xFF_FFFF) << 16) | (access << 40) | (high << 48) | ((address >> 24) << 56);
        }
    }
}

/// <summary>The bit field of <c>struct user_desc</c>.</summary>
[Flags]
public enum TlsFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>seg_32bit.</summary>
    Is32Bit = 1 << 0,

    /// <summary>contents: both bits; 0 is data.</summary>
    Contents = 3 << 1,

    /// <summary>read_exec_only.</summary>
    ReadExecuteOnly = 1 << 3,

    /// <summary>limit_in_pages.</summary>
    LimitInPages = 1 << 4,

    /// <summary>seg_not_present.</summary>
    NotPresent = 1 << 5,

    /// <summary>useable.</summary>
    Useable = 1 << 6,
}
