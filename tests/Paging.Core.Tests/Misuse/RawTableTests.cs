using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A host writes page tables by itself. That may confuse this engine's processes, but nothing breaks or leaves RAM.</summary>
/// <remarks>With checks on, the engine throws an <see cref="InvariantException"/> instead.</remarks>
public sealed class RawTableTests
{
    private static readonly uint[] Words =
    [
        0x0000_0067, 0x0010_0067, 0xFFFF_F067, 0xFFFF_F267, 0x8000_0025, 0x0040_0067,    // present: the zero page, in RAM, and beyond it
        0xFFFF_FFFE, 0x0000_0002, 0x0000_0100, 0x0123_4568, 0x8000_0000, 0xFFFF_FF00,    // not present: slots, devices and markers
    ];

    public static TheoryData<int, string> Cases
    {
        get
        {
            TheoryData<int, string> cases = [];
            for (int word = -2; word < Words.Length; word++)
                foreach (string call in Calls.Keys) cases.Add(word, call);
            return cases;
        }
    }

    private static Dictionary<string, Action<World>> Calls { get; } = new(StringComparer.Ordinal)
    {
        ["fork"] = static world => world.First.Fork(out _),
        ["fork and write"] = static world =>
        {
            _ = world.First.Fork(out UserProcess? child);
            foreach (UserProcess process in new[] { world.First, child! })
                for (int page = 0; page < 16; page++) process.Memory.Mmu.TryWrite(World.At(page), 1, out _);
            child!.Dispose();
        },
        ["unmap"] = static world => world.Memory.Unmap(World.At(0), World.Bytes(16)),
        ["exit"] = static world => world.First.Exit(),
        ["read"] = static world => Each(world, static (mmu, page) => mmu.TryRead(World.At(page), out int _)),
        ["write"] = static world => Each(world, static (mmu, page) => mmu.TryWrite(World.At(page), 1)),
        ["protect and write"] = static world =>
        {
            world.Memory.Protect(World.At(0), World.Bytes(16), MemoryProtection.Read);
            world.Memory.Protect(World.At(0), World.Bytes(16), MemoryProtection.ReadWrite);
            Each(world, static (mmu, page) => mmu.TryWrite(World.At(page), 1));
        },
        ["move"] = static world => world.Memory.Remap(World.At(0), World.Bytes(16), World.Bytes(32), RemapFlags.MayMove, out _),
        ["advise"] = static world =>
        {
            foreach (MemoryAdvice advice in Enum.GetValues<MemoryAdvice>()) world.Memory.Advise(World.At(0), World.Bytes(16), advice);
        },
        ["lock"] = static world => world.Memory.Lock(World.At(0), World.Bytes(16)),
        ["in core"] = static world => world.Memory.InCore(World.At(0), World.Bytes(16), new byte[16]),
        ["footprint"] = static world => _ = world.Memory.Footprint,
        ["machine"] = static world => _ = world.Engine.Memory,
        ["pagemap"] = static world => Each(world, static (_, _) => { }),
        ["clear references"] = static world =>
        {
            foreach (ReferenceKind kind in Enum.GetValues<ReferenceKind>()) world.Memory.ClearReferences(kind);
        },
        ["swap off"] = static world => world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices[0]),
        ["reclaim"] = static world => Each(world, (_, page) => world.Mmu.TryWrite(World.At(100 + (page * 90)), page)),
    };

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Cases))]
    public void AnEntryThatTheHostWroteBreaksNothing(int word, string call)
    {
        using World world = new(1), other = new();
        other.Map(0, 1);
        other.Touch(0, 7);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 16);
        world.Map(100, 1500);
        for (int page = 0; page < 16; page += 2) world.Touch(page);
        Write(world, word);
        Exception? thrown = Record.Exception(() =>
        {
            Calls[call](world);
            for (int page = 0; page < 16; page++)
            {
                if (!world.First.HasExited) world.Memory.ReadPagemap(World.At(page).Page);
                if (!world.First.HasExited) world.Memory.HasOwnPage(World.At(page).Page);
            }

            UserProcess next = world.Engine.CreateProcess("next");
            World.MapAs(next, 0, 100, MemoryProtection.ReadWrite, World.PrivateFixed);
            for (int page = 0; page < 100; page++) next.Memory.Mmu.TryWrite(World.At(page), page, out _);
            foreach (UserProcess process in world.Engine.Processes.ToArray()) process.Dispose();
        });
        if (thrown is not null) Assert.True(Check.Cheap && thrown is InvariantException, thrown.ToString());
        Assert.Equal(7, other.Peek(0));
        other.Verify();
    }

    /// <summary>−1: all entries name one frame. −2: the directory is its own table. Others: a word of the list.</summary>
    private static void Write(World world, int word)
    {
        PageRange range = new(World.At(0).Page, new(16));
        FrameNumber directory = world.Memory.PrepareWalk();
        Span<uint> upper = world.Engine.Ram.Words(directory);
        if (word == -2)
        {
            upper[range.First.DirectoryIndex] = (directory.Value << 12) | 0x67;
            return;
        }

        Span<uint> table = world.Engine.Ram.Words(new(upper[range.First.DirectoryIndex] >> 12));
        uint same = table[range.First.TableIndex];
        for (int index = 0; index < 16; index++) table[range.First.TableIndex + index] = word < 0 ? same : Words[word];
    }

    private static void Each(World world, Action<Mmu, int> body)
    {
        for (int page = 0; page < 16; page++) body(world.Mmu, page);
    }
}
