using System.Runtime.InteropServices;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class WalkerAgainstReferenceTests : IDisposable
{
    private const uint Directory = 3, Table = 5, Frame = 9;
    private const uint Address = 0x1234_5678;

    private readonly PhysicalMemory _ram = new(FrameCount.MiB(1), requestHugePages: false);

    public void Dispose() => _ram.Release();

    // P, RW, US, A and PS or D of the directory's entry × P, RW, US, A, D of the table's × 3 kinds × 2 modes × WP × PSE: 24,576 walks
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryCombinationOfRightsAndQuestionsGivesTheSameAnswerAndTheSameBits()
    {
        int walks = 0;
        foreach (uint upper in Combinations(0x01, 0x02, 0x04, 0x20, 0x80))
            foreach (uint leaf in Combinations(0x01, 0x02, 0x04, 0x20, 0x40))
                foreach (Question question in Question.All)
                {
                    // A large page maps frames 0 to 1023, mostly beyond this RAM; its reserved bits have a test of their own.
                    uint target = (upper & 0x80) != 0 && question.PageSizeExtensions ? 0 : Table << 12;
                    Compare(target | upper, (Frame << 12) | leaf, question);
                    walks++;
                }

        Assert.Equal(32 * 32 * 24, walks);
    }

    [Fact]
    public void EveryReservedBitOfALargePageFaultsForAllRights()
    {
        foreach (uint upper in Combinations(0x01, 0x02, 0x04, 0x20, 0x40))
            for (int bit = 12; bit < 32; bit++)
                foreach (Question question in Question.All) Compare((1u << bit) | 0x80 | upper, 0, question);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomTablesGiveTheSameAnswersAndTheSameBits(int seed)
    {
        Random random = new(seed);
        uint[] words = new uint[_ram.FrameCount.Value * 1024];
        for (int i = 0; i < words.Length; i++) words[i] = RandomEntry(random);    // every frame may serve as a table, also of itself
        WalkerReference reference = new(words);
        words.CopyTo(AllWords());

        for (int i = 0; i < 50_000; i++)
        {
            FrameNumber directory = new((uint)random.Next(0, 260));    // some lie beyond RAM
            VirtualAddress address = new((uint)random.NextInt64(1L << 32));
            Ask(reference, directory, address, Question.All[random.Next(Question.All.Length)]);
        }

        Assert.True(AllWords().SequenceEqual(reference.Words));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void TheUsersWalkInOneWordAgreesWithTheWholeWalk(int seed)
    {
        Random random = new(seed);
        foreach (ref uint word in AllWords()) word = RandomEntry(random);
        using PhysicalMemory other = new(FrameCount.MiB(1), requestHugePages: false);
        AllWords().CopyTo(MemoryMarshal.Cast<byte, uint>(other.Bytes(new PhysicalAddress(0), (int)other.ByteLength)));
        int succeeded = 0;
        for (int i = 0; i < 50_000; i++)
        {
            FrameNumber directory = new((uint)random.Next(256));
            PageNumber page = new((uint)random.Next(1 << 20));
            bool isWrite = random.Next(2) == 0;
            AccessKind kind = isWrite ? AccessKind.Write : AccessKind.Read;
            WalkResult walk = ClassicWalker.Walk(other, directory, page.Address, kind, ProcessorMode.User);
            PageTableEntry found = UserWalk.TranslateIn(_ram, directory, page, isWrite, TableFormat.Classic);
            Assert.Equal(walk.Succeeded, found.IsPresent);
            Assert.Equal(walk.Effective, found);
            if (!walk.Succeeded) continue;
            succeeded++;
            Assert.Equal((walk.Physical.Frame, walk.EffectiveUser, walk.EffectiveWritable), (found.Frame, found.IsUser, found.IsWritable));
        }

        Assert.InRange(succeeded, 1_000, 49_000);
        Assert.True(other.Bytes(new PhysicalAddress(0), (int)other.ByteLength)
            .SequenceEqual(_ram.Bytes(new PhysicalAddress(0), (int)_ram.ByteLength)));
    }

    [Fact]
    public void PeekHasTheRightsOfASupervisorAndChangesNoBit()
    {
        Random random = new(4);
        foreach (ref uint word in AllWords()) word = RandomEntry(random) & ~0x3FE000u;
        uint[] before = AllWords().ToArray();
        for (int i = 0; i < 2_000; i++)
        {
            FrameNumber directory = new((uint)random.Next(0, 260));
            PageNumber page = new((uint)random.Next(1 << 20));
            WalkResult peek = ClassicWalker.Peek(_ram, directory, page);
            Assert.True(AllWords().SequenceEqual(before));
            WalkResult walk = ClassicWalker.Walk(_ram, directory, page.Address, AccessKind.Read, ProcessorMode.Supervisor);
            Assert.Equal(walk.Succeeded, peek.Succeeded);
            Assert.Equal(walk.Leaf.WithoutAccessed(), peek.Leaf.WithoutAccessed());
            Assert.Equal((walk.Physical, walk.IsLargePage, walk.EffectiveUser, walk.EffectiveWritable),
                (peek.Physical, peek.IsLargePage, peek.EffectiveUser, peek.EffectiveWritable));
            before.CopyTo(AllWords());
        }
    }

    /// <summary>A page number beyond the last page, and a table beyond the end of RAM, have no entry.</summary>
    [Fact]
    public void PeekEndsWithTheAddressSpaceAndWithRam()
    {
        AllWords().Fill((9u << 12) | 0x67);
        foreach (uint page in (uint[])[1 << 20, (1 << 20) + 1, (1 << 20) + 1024, uint.MaxValue])
            Assert.Equal((default, default), (ClassicWalker.Peek(_ram, new(3), new(page)), PaeWalker.Peek(_ram, new(3), new(page))));
        Assert.True(ClassicWalker.Peek(_ram, new(3), new((1 << 20) - 1)).Succeeded);
        AllWords().Fill((256u << 12) | 0x67);
        Assert.Equal(default, ClassicWalker.Peek(_ram, new(3), new(5)));
        Assert.Equal(default, ClassicWalker.Peek(_ram, new(256), new(5)));
    }

    /// <summary>The last entry, less the rights that a higher level withholds; a higher level may add NX.</summary>
    [Theory]
    [InlineData(true, true, false, 0x67ul)]
    [InlineData(false, true, false, 0x65ul)]
    [InlineData(true, false, false, 0x63ul)]
    [InlineData(false, false, false, 0x61ul)]
    [InlineData(true, true, true, 0x8000_0000_0000_0067ul)]
    [InlineData(false, false, true, 0x8000_0000_0000_0061ul)]
    public void TheEffectiveEntryHasTheRightsOfAllLevels(bool isWritable, bool isUser, bool isNoExecute, ulong flags)
    {
        WalkResult walk = new()
        {
            Leaf = new(0x5067),
            EffectiveWritable = isWritable,
            EffectiveUser = isUser,
            EffectiveNoExecute = isNoExecute,
        };
        Assert.Equal(0x5000 | flags, walk.Effective.Word);
        Assert.Equal(flags & ~0x66ul & ~1ul, (walk with { Leaf = default }).Effective.Word);
    }

    private void Compare(uint upper, uint leaf, Question question)
    {
        VirtualAddress address = new(Address);
        uint[] words = new uint[16 * 1024];
        words[(Directory * 1024) + (Address >> 22)] = upper;
        words[(Table * 1024) + ((Address >> 12) & 0x3FF)] = leaf;
        Span<uint> ram = AllWords()[..words.Length];
        words.CopyTo(ram);
        WalkerReference reference = new(words);
        Ask(reference, new(Directory), address, question);
        Assert.True(ram.SequenceEqual(words), $"entries {upper:x8}, {leaf:x8}, {question}: A or D differ");
    }

    private void Ask(WalkerReference reference, FrameNumber directory, VirtualAddress address, Question question)
    {
        long expected = reference.Walk(directory.Value, address.Value, question.Kind, question.Mode, question.WriteProtect,
            question.PageSizeExtensions);
        WalkResult found = ClassicWalker.Walk(_ram, directory, address, question.Kind, question.Mode, question.WriteProtect,
            question.PageSizeExtensions);
        long answer = found.Succeeded ? (long)found.Physical.Value : -1 - (long)found.ErrorCode;
        Assert.True(expected == answer, $"{address} in {directory}, {question}: expected {expected:x}, found {answer:x}");
        if (found.Succeeded) Assert.Equal(found.Physical.Frame, found.Leaf.Frame);
    }

    private Span<uint> AllWords() => MemoryMarshal.Cast<byte, uint>(_ram.Bytes(new PhysicalAddress(0), (int)_ram.ByteLength));

    private static uint RandomEntry(Random random)
    {
        uint flags = (uint)random.Next(0x1000);
        if (random.Next(4) != 0) flags |= 1;
        if (random.Next(3) != 0) flags &= ~0x80u;
        if ((flags & 0x80) != 0 && random.Next(2) == 0) return flags | ((uint)random.Next(1 << 20) << 12);
        return flags | ((uint)random.Next(260) << 12);
    }

    private static IEnumerable<uint> Combinations(params uint[] bits)
    {
        for (int chosen = 0; chosen < 1 << bits.Length; chosen++)
            yield return bits.Where((_, i) => (chosen & (1 << i)) != 0).Aggregate(0u, (word, bit) => word | bit);
    }

    private sealed record Question(AccessKind Kind, ProcessorMode Mode, bool WriteProtect, bool PageSizeExtensions)
    {
        public static readonly Question[] All =
        [
            .. from kind in Enum.GetValues<AccessKind>()
               from mode in Enum.GetValues<ProcessorMode>()
               from writeProtect in new[] { false, true }
               from extensions in new[] { false, true }
               select new Question(kind, mode, writeProtect, extensions),
        ];
    }
}
