using System.Runtime.InteropServices;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The walk of PAE beside a second one: answers, rights, and the bits that both leave behind.</summary>
public sealed class PaeWalkerAgainstReferenceTests : IDisposable
{
    private const uint Pointers = 3, Directory = 4, Table = 5, Frame = 9;
    private const uint Address = 0x9234_5678;
    private const ulong NoExecute = 1ul << 63;

    private readonly PhysicalMemory _ram = new(FrameCount.MiB(1), requestHugePages: false);

    public void Dispose() => _ram.Release();

    // P, RW, US, A, PS and NX of the directory's entry × P, RW, US, A, D and NX of the table's × 3 kinds × 2 modes × WP × NXE
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryCombinationOfRightsAndQuestionsGivesTheSameAnswerAndTheSameBits()
    {
        foreach (ulong upper in Combinations(0x01, 0x02, 0x04, 0x20, 0x80, NoExecute))
            foreach (ulong leaf in Combinations(0x01, 0x02, 0x04, 0x20, 0x40, NoExecute))
                foreach (Question question in Question.All)
                    Compare((Directory << 12) | 1, ((upper & 0x80) != 0 ? 0 : Table << 12) | upper, (Frame << 12) | leaf, question);
    }

    [Fact]
    public void EveryBitOfEachLevelIsReservedOrAnAddressOrWithoutMeaning()
    {
        const ulong Whole = 0x67, WholePiece = Whole | 0x80;
        for (int at = 0; at < 64; at++)
        {
            ulong bit = 1ul << at;
            foreach (Question question in Question.All)
            {
                Compare(((ulong)Directory << 12 | 1) ^ bit, (Table << 12) | Whole, (Frame << 12) | Whole, question);
                Compare((Directory << 12) | 1, ((ulong)Table << 12 | Whole) ^ bit, (Frame << 12) | Whole, question);
                Compare((Directory << 12) | 1, (Table << 12) | Whole, ((ulong)Frame << 12 | Whole) ^ bit, question);
                Compare((Directory << 12) | 1, WholePiece ^ bit, 0, question);
            }
        }
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomTablesGiveTheSameAnswersAndTheSameBits(int seed)
    {
        Random random = new(seed);
        foreach (ref ulong word in AllWords()) word = RandomEntry(random);    // every frame may serve as a table, also of itself
        PaeWalkerReference reference = new(AllWords().ToArray());
        int succeeded = 0;
        for (int i = 0; i < 40_000; i++)
        {
            FrameNumber pointers = new((uint)random.Next(0, 260));    // some lie beyond RAM
            VirtualAddress address = new((uint)random.NextInt64(1L << 32));
            if (Ask(reference, pointers, address, Question.All[random.Next(Question.All.Length)])) succeeded++;
        }

        Assert.InRange(succeeded, 1_000, 39_000);
        Assert.True(AllWords().SequenceEqual(reference.Words));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void TheUsersWalkInOneWordAgreesWithTheWholeWalk(int seed)
    {
        Random random = new(seed);
        foreach (ref ulong word in AllWords()) word = RandomEntry(random);
        using PhysicalMemory other = new(FrameCount.MiB(1), requestHugePages: false);
        _ram.Bytes(new PhysicalAddress(0), (int)_ram.ByteLength).CopyTo(other.Bytes(new PhysicalAddress(0), (int)other.ByteLength));
        int succeeded = 0;
        for (int i = 0; i < 40_000; i++)
        {
            FrameNumber pointers = new((uint)random.Next(256));
            PageNumber page = new((uint)random.Next(1 << 20));
            bool isWrite = random.Next(2) == 0;
            AccessKind kind = isWrite ? AccessKind.Write : AccessKind.Read;
            WalkResult walk = PaeWalker.Walk(other, pointers, page.Address, kind, ProcessorMode.User);
            PageTableEntry found = UserWalk.TranslateIn(_ram, pointers, page, isWrite, TableFormat.Pae);
            Assert.Equal(walk.Effective, found);
            if (walk.Succeeded) succeeded++;
        }

        Assert.InRange(succeeded, 1_000, 39_000);
        Assert.True(other.Bytes(new PhysicalAddress(0), (int)other.ByteLength)
            .SequenceEqual(_ram.Bytes(new PhysicalAddress(0), (int)_ram.ByteLength)));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void PeekHasTheRightsOfASupervisorAndChangesNoBit()
    {
        Random random = new(4);
        const ulong Reserved = 0x7FFF_FFF0_001F_E000;    // which Peek does not check
        foreach (ref ulong word in AllWords()) word = RandomEntry(random) & ~Reserved;
        ulong[] before = AllWords().ToArray();
        int succeeded = 0;
        for (int i = 0; i < 2_000; i++)
        {
            FrameNumber pointers = new((uint)random.Next(0, 260));
            PageNumber page = new((uint)random.Next(1 << 20));
            ref ulong pointer = ref before[((pointers.Value % 256) * 512) + (page.Value >> 18)];
            pointer &= ~NoExecute;
            before.CopyTo(AllWords());
            WalkResult peek = PaeWalker.Peek(_ram, pointers, page);
            Assert.True(AllWords().SequenceEqual(before));
            WalkResult walk = PaeWalker.Walk(_ram, pointers, page.Address, AccessKind.Read, ProcessorMode.Supervisor);
            Assert.Equal(walk with { Leaf = walk.Leaf.WithoutAccessed() },
                peek with { Leaf = peek.Leaf.WithoutAccessed(), ErrorCode = walk.ErrorCode });
            if (walk.Succeeded) succeeded++;
        }

        Assert.InRange(succeeded, 100, 1_900);
        Assert.False(PaeWalker.Peek(_ram, new(Pointers), new(1 << 20)).Succeeded);
    }

    private void Compare(ulong pointer, ulong upper, ulong leaf, Question question)
    {
        Span<ulong> ram = AllWords()[..(6 * 512)];    // up to the table
        ram.Clear();
        ram[(int)((Pointers * 512) + (Address >> 30))] = pointer;
        ram[(int)((Directory * 512) + ((Address >> 21) & 511))] = upper;
        ram[(int)((Table * 512) + ((Address >> 12) & 511))] = leaf;
        PaeWalkerReference reference = new(ram.ToArray());
        Ask(reference, new(Pointers), new(Address), question);
        Assert.True(ram.SequenceEqual(reference.Words), $"entries {pointer:x}, {upper:x}, {leaf:x}, {question}: A or D differ");
    }

    private bool Ask(PaeWalkerReference reference, FrameNumber pointers, VirtualAddress address, Question question)
    {
        PaeAnswer expected = reference.Walk(pointers.Value, address.Value, question.Kind, question.Mode, question.WriteProtect,
            question.NoExecute);
        WalkResult found = PaeWalker.Walk(_ram, pointers, address, question.Kind, question.Mode, question.WriteProtect,
            question.NoExecute);
        PaeAnswer answer = new(found.Succeeded ? (long)found.Physical.Value : -1 - (long)found.ErrorCode,
            found.EffectiveUser, found.EffectiveWritable, found.EffectiveNoExecute, found.IsLargePage);
        Assert.True(expected == answer, $"{address} in {pointers}, {question}: expected {expected}, found {answer}");
        if (found.Succeeded) Assert.Equal(found.Physical.Frame, found.Leaf.Frame);
        return found.Succeeded;
    }

    private Span<ulong> AllWords() => MemoryMarshal.Cast<byte, ulong>(_ram.Bytes(new PhysicalAddress(0), (int)_ram.ByteLength));

    /// <summary>Mostly present and open; one in eight has NX, one in sixteen a bit that is reserved.</summary>
    private static ulong RandomEntry(Random random)
    {
        ulong word = (uint)random.Next(0x1000) | ((ulong)(uint)random.Next(258) << 12);
        if (random.Next(6) != 0) word |= 1;
        if (random.Next(2) != 0) word |= 6;
        if (random.Next(2) != 0) word |= 0x20;
        if (random.Next(3) != 0) word &= ~0x80ul;
        if (random.Next(8) == 0) word |= NoExecute;
        if (random.Next(16) == 0) word |= 1ul << random.Next(36, 63);
        return (word & 0x80) != 0 && random.Next(2) == 0 ? word & ~0x1F_E000ul : word;
    }

    private static IEnumerable<ulong> Combinations(params ulong[] bits)
    {
        for (int chosen = 0; chosen < 1 << bits.Length; chosen++)
            yield return bits.Where((_, i) => (chosen & (1 << i)) != 0).Aggregate(0ul, static (word, bit) => word | bit);
    }

    private sealed record Question(AccessKind Kind, ProcessorMode Mode, bool WriteProtect, bool NoExecute)
    {
        public static readonly Question[] All =
        [
            .. from kind in Enum.GetValues<AccessKind>()
               from mode in Enum.GetValues<ProcessorMode>()
               from writeProtect in new[] { false, true }
               from noExecute in new[] { false, true }
               select new Question(kind, mode, writeProtect, noExecute),
        ];
    }
}
