using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Huge pages of the pool as the processor finds them by walking their entries itself.</summary>
public sealed class HugePageStepTests
{
    private const uint PageBytes = 4 << 20;
    private static readonly VirtualAddress Huge = new(0x4000_0000);

    // mov eax,[Huge]; mov [Huge + 3FFFFCh],eax; mov eax,[Huge + 400000h]; int 80
    private static readonly byte[] TwoLoadsAndAStore =
    [
        0xA1, 0x00, 0x00, 0x00, 0x40, 0xA3, 0xFC, 0xFF, 0x3F, 0x40, 0xA1, 0x00, 0x00, 0x40, 0x40, 0xCD, 0x80,
    ];

    /// <summary>PSE-36: 4 MB entries of classic tables hold 36 bits of address (Intel SDM 3A, 4.3).</summary>
    [Fact]
    public void PagesBeyond4GiBAreReachedThroughClassicTables()
    {
        using Machine machine = new((4UL << 30) + (2 * PageBytes), new() { RequestHostHugePages = false });
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
        AddressSpace memory = machine.Process.Memory;
        Assert.Equal(Errno.None, memory.Map(Huge, 2 * PageBytes, MemoryProtection.ReadWrite, flags, out _));
        memory.Mmu.Write(Huge, 0x1111_2222u);
        memory.Mmu.Write(Huge + PageBytes, 0x3333_4444u);
        foreach (uint offset in (uint[])[0, PageBytes])
        {
            WalkResult walk = Walker.Peek(machine.Engine.Ram, TableFormat.Classic, memory.PrepareWalk(), (Huge + offset).Page);
            Assert.InRange(walk.Physical.Frame.Value, 1u << 20, (1u << 20) + 2047);
        }

        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(TwoLoadsAndAStore).Kind);
        Assert.Equal(0x3333_4444u, machine.Registers.Eax);
        Assert.Equal(0x1111_2222u, memory.Mmu.Read<uint>(Huge + (PageBytes - 4)));
    }
}
