using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Entries;

namespace Paging.Windows.Tests;

/// <summary>Words of page tables: each form returns the parts that it was made of, for every protection.</summary>
public sealed class WindowsEntryTests
{
    private static readonly PageProtection[] Protections =
    [
        PageProtection.NoAccess, PageProtection.ReadOnly, PageProtection.ReadWrite, PageProtection.WriteCopy, PageProtection.Execute,
        PageProtection.ExecuteRead, PageProtection.ExecuteReadWrite, PageProtection.ExecuteWriteCopy,
        PageProtection.ReadOnly | PageProtection.Guard, PageProtection.ExecuteWriteCopy | PageProtection.Guard,
        PageProtection.ReadWrite | PageProtection.WriteCombine,
    ];

    public static TheoryData<PageProtection> Values => [.. Protections];

    [Theory, MemberData(nameof(Values))]
    public void EveryFormKeepsItsProtection(PageProtection protection)
    {
        Assert.True(ProtectionCode.TryFrom(protection, out ProtectionCode code));
        Assert.Equal(protection, code.ToProtection());
        SwapEntry slot = SwapEntry.ForSlot(3, 0x12345);
        (WindowsEntry Entry, WindowsEntryKind Kind)[] forms =
        [
            (WindowsEntry.Valid(code, new(0x54321), writable: false), WindowsEntryKind.Valid),
            (WindowsEntry.DemandZero(code), WindowsEntryKind.DemandZero),
            (WindowsEntry.InPageFile(code, slot), WindowsEntryKind.PageFile),
            (WindowsEntry.InTransition(code, new(0x54321)), WindowsEntryKind.Transition),
            (WindowsEntry.OfPrototype(code), WindowsEntryKind.Prototype),
        ];
        foreach ((WindowsEntry entry, WindowsEntryKind kind) in forms)
        {
            Assert.Equal(kind, entry.Kind);
            Assert.Equal(code, entry.Protection);
            Assert.Equal(kind == WindowsEntryKind.Valid, entry.ToEntry().IsPresent);
            Assert.Equal(kind == WindowsEntryKind.PageFile ? slot : default, entry.Slot);
        }
    }

    [Theory, MemberData(nameof(Values))]
    public void TheProcessorCannotAccessGuardsAndForbiddenPages(PageProtection protection)
    {
        Assert.True(ProtectionCode.TryFrom(protection, out ProtectionCode code));
        PageTableEntry entry = WindowsEntry.Valid(code, new(1), code.AllowsWrite).ToEntry();
        Assert.Equal(code.AllowsRead && !code.IsGuard, entry.IsUser);
        Assert.Equal(code.AllowsWrite && !code.IsGuard, entry.IsWritable);
    }

    [Fact]
    public void TheFormsHaveTheBitsOfWindows()
    {
        Assert.Equal(0x0000_0080u, WindowsEntry.DemandZero(ProtectionCode.ReadWrite).Word);    // 4 << 5
        Assert.Equal(0x0000_0200u, WindowsEntry.DemandZero(ProtectionCode.Decommitted).Word);    // 16 << 5
        Assert.Equal(0xFFFF_F480u, WindowsEntry.OfPrototype(ProtectionCode.ReadWrite).Word);
        Assert.Equal(0x0000_8880u, WindowsEntry.InTransition(ProtectionCode.ReadWrite, new(8)).Word);
        Assert.Equal(0x0000_6084u, WindowsEntry.InPageFile(ProtectionCode.ReadWrite, SwapEntry.ForSlot(2, 5)).Word);
    }

    [Fact]
    public void AWordOfNoFormIsMalformed()
    {
        Assert.Equal(WindowsEntryKind.Malformed, new WindowsEntry(0x0000_0C80).Kind);    // transition and prototype
        Assert.Equal(WindowsEntryKind.Malformed, new WindowsEntry(0x0000_0480).Kind);    // a prototype with an address
        Assert.Equal(WindowsEntryKind.Malformed, new WindowsEntry(0x0000_0084).Kind);    // a page file without a place
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(0x101)]
    [InlineData(0x100)]
    [InlineData(0x200)]
    [InlineData(0x504)]
    [InlineData(0x800)]
    public void ValuesThatAreNoProtectionAreRefused(uint value) => Assert.False(ProtectionCode.TryFrom((PageProtection)value, out _));
}
