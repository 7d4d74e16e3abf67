using System.Diagnostics;
using System.Diagnostics.Contracts;
using Paging.Core;

namespace Paging.Windows.Entries;

//   4   3   2   1   0
// ┌───────┬───────────┐
// │ modif.│   base    │   base   0 no access · 1 read · 2 execute · 3 execute-read · 4 read-write · 5 write-copy
// └───────┴───────────┘          6 execute-read-write · 7 execute-write-copy
//                         modif. 0 none · 2 guard · 3 write-combine; 1, no-cache, belongs to the allocation here
//                         special: 16 (guard and no base) decommitted · 24 (write-combine and no base) no access
/// <summary>A protection in five bits, as page table entries and VADs keep it.</summary>
/// <param name="Value">0 to 31.</param>
/// <remarks>Windows: MM_PROTECTION in the Protection field of MMPTE_SOFTWARE and MMVAD_FLAGS.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct ProtectionCode(uint Value)
{
    /// <summary>The number of bits of a code.</summary>
    public const int Bits = 5;    // MMPTE_SOFTWARE.Protection: three for the base, two for GUARD and NOCACHE

    private const uint BaseMask = 7, ModifierMask = 24, GuardBit = 16, Combine = 24;    // MM_GUARD_PAGE, MM_WRITECOMBINE
    private const PageProtection AnyExecute = PageProtection.Execute | PageProtection.ExecuteRead | PageProtection.ExecuteReadWrite
        | PageProtection.ExecuteWriteCopy;

    /// <summary>PAGE_NOACCESS.</summary>
    public static ProtectionCode NoAccess => new(24);

    /// <summary>Not a protection: the page of an allocation that was made committed is not committed any more.</summary>
    public static ProtectionCode Decommitted => new(16);

    /// <summary>PAGE_READONLY.</summary>
    public static ProtectionCode ReadOnly => new(1);

    /// <summary>PAGE_READWRITE.</summary>
    public static ProtectionCode ReadWrite => new(4);

    /// <summary>The base, 0 to 7.</summary>
    public uint Base => Value & BaseMask;

    /// <summary>True for the code of a protection: one that <see cref="TryFrom"/> returns.</summary>
    public bool IsAgreed => Base == 0 ? this == NoAccess : Value < 8 || IsGuard || IsWriteCombine;

    /// <summary>PAGE_GUARD.</summary>
    public bool IsGuard => (Value & ModifierMask) == GuardBit && Base != 0;

    /// <summary>PAGE_WRITECOMBINE.</summary>
    public bool IsWriteCombine => (Value & ModifierMask) == Combine && Base != 0;

    /// <summary>One of the two protections that copy on write.</summary>
    public bool IsWriteCopy => Base is 5 or 7;

    /// <summary>True if reading is allowed: on x86 all but no access. Ignores the guard bit.</summary>
    public bool AllowsRead => Base != 0;    // i386 has no bit that forbids reading alone

    /// <summary>True if writing is allowed, into the page itself or into a copy.</summary>
    public bool AllowsWrite => Base >= 4;

    /// <summary>True if executing is allowed.</summary>
    public bool AllowsExecute => Base is 2 or 3 or 6 or 7;

    /// <summary>The same rights in Linux' terms. Ignores the guard bit.</summary>
    [Pure]
    public MemoryProtection ToRights() =>
        (AllowsRead ? MemoryProtection.Read : 0) | (AllowsWrite ? MemoryProtection.Write : 0) | (AllowsExecute
            ? MemoryProtection.Execute : 0);

    /// <summary>This protection without the guard.</summary>
    [Pure] public ProtectionCode WithoutGuard() => IsGuard ? new(Base) : this;

    /// <summary>This protection with the guard.</summary>
    [Pure] public ProtectionCode WithGuard() => new(Base | GuardBit);

    /// <summary>The protection of a copied page: read-write instead of write-copy.</summary>
    [Pure] public ProtectionCode AfterCopy() => IsWriteCopy ? new(Value - 1) : this;

    /// <summary>The protection of an image page that requests the right to write: a copy at the first write.</summary>
    [Pure] public ProtectionCode ForImage() => Base is 4 or 6 ? new(Value + 1) : this;

    /// <summary>True if the rights of this protection are among those of another one.</summary>
    /// <remarks>Write-copy requests the right to read only. Windows: MiIsPteProtectionCompatible; rule 17.</remarks>
    [Pure] public bool IsContainedIn(ProtectionCode allowed) => (Rights & ~allowed.Rights) == 0;

    /// <summary>Reads the protection of a call. Returns false if there is no such value.</summary>
    /// <remarks>NOCACHE is passed over: it belongs to the allocation. Windows: MiMakeProtectionMask.</remarks>
    public static bool TryFrom(PageProtection protection, out ProtectionCode code)
    {
        const PageProtection modifiers = PageProtection.Guard | PageProtection.NoCache | PageProtection.WriteCombine;
        PageProtection value = protection & ~modifiers;
        code = value switch
        {
            PageProtection.NoAccess => NoAccess,
            PageProtection.ReadOnly => ReadOnly,
            PageProtection.Execute => new(2),
            PageProtection.ExecuteRead => new(3),
            PageProtection.ReadWrite => ReadWrite,
            PageProtection.WriteCopy => new(5),
            PageProtection.ExecuteReadWrite => new(6),
            PageProtection.ExecuteWriteCopy => new(7),
            _ => default,
        };
        if (code == default) return false;
        bool isGuard = (protection & PageProtection.Guard) != 0, combines = (protection & PageProtection.WriteCombine) != 0;
        if (!isGuard && !combines) return true;
        if (code == NoAccess || (isGuard && combines)) return false;    // their codes would be special ones (MiMakeProtectionMask)
        code = new(code.Base | (isGuard ? GuardBit : Combine));
        return true;
    }

    /// <summary>The value that queries show.</summary>
    [Pure]
    public PageProtection ToProtection()
    {
        PageProtection shown = Base switch
        {
            0 => PageProtection.NoAccess,
            1 => PageProtection.ReadOnly,
            2 => PageProtection.Execute,
            3 => PageProtection.ExecuteRead,
            4 => PageProtection.ReadWrite,
            5 => PageProtection.WriteCopy,
            6 => PageProtection.ExecuteReadWrite,
            _ => PageProtection.ExecuteWriteCopy,
        };
        if (IsGuard) shown |= PageProtection.Guard;
        return IsWriteCombine ? shown | PageProtection.WriteCombine : shown;
    }

    /// <summary>Returns true for a protection that executes.</summary>
    public static bool Executes(PageProtection protection) => (protection & AnyExecute) != 0;

    /// <summary>Prints the protection as queries show it.</summary>
    public override string ToString() => this == Decommitted ? "Decommitted" : ToProtection().ToString();

    // 1 read, 2 write, 4 execute
    private uint Rights => Base switch
    {
        0 => 0,
        1 or 5 => 1,    // write-copy never reaches the section: to read is enough
        4 => 3,
        6 => 7,
        _ => 5,
    };
}
