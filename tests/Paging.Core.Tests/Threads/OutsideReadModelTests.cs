using Paging.Core.Threads;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// What a fault reads outside the slow path, beside a plain set of pages: which are asked for, read, refused, changed meanwhile, and what
/// the fault gets of them (T14).
/// </summary>
public sealed class OutsideReadModelTests
{
    private const int PageBytes = 4096, Max = OutsideRead.PagesMax;

    private enum State { Unread, Whole, Failed }

    [Fact]
    public void AFaultGetsReadPagesThatAreStillValid() => Property.ForSeeds(25, seed =>
    {
        Random random = new((int)seed);
        OutsideRead read = new();
        Source source = new(random), other = new(random);
        for (int round = 0; round < 4; round++)
        {
            long ends = read.Ends;
            (uint first, HashSet<uint> wanted) = Ask(read, source, other, random);
            read.Begin();
            Assert.True(read.IsLive && read.IsUnderWay && !read.IsAsked);
            Assert.Equal(1, source.OutsideReaders);
            for (uint page = first - 2; page != first + Max + 2; page++)
            {
                Assert.Equal(wanted.Contains(page), read.Covers(source, page));
                Assert.False(read.Covers(other, page));
            }

            source.Draw(first, wanted);
            HashSet<uint> stale = [];
            Change(read, source, other, first, stale, random);
            Exception? thrown = read.Perform();
            Assert.Equal(source.HasThrown, thrown is not null);
            Change(read, source, other, first, stale, random);
            read.Return();
            Assert.False(read.IsUnderWay);
            Assert.Equal((0, round + 1), (source.OutsideReaders, source.EndCount));
            Compare(read, source, other, first, wanted, stale, random);
            if (random.Next(2) == 0)    // the fault looks again and asks for more, while earlier reads are still there
            {
                read.Ask(source, first, 1, alone: true);
                Assert.True(read.IsAsked);
            }

            read.End();
            Assert.False(read.IsLive || read.IsAsked);
            Assert.Equal(ends + 1, read.Ends);
            Assert.False(read.TryAnswer(source, first, new byte[PageBytes], out _, out _));
            read.End();
            Assert.Equal(ends + 1, read.Ends);    // nothing has begun since
        }
    });

    [Fact]
    public void WaitersGoOnWhenTheUseIsOver()
    {
        OutsideRead read = new();
        Source source = new(new Random(1));
        read.Ask(source, 3, 1, alone: true);
        read.Begin();
        long seen = read.Ends;
        Thread waiter = new(() => read.AwaitEnd(seen));
        waiter.Start();
        Assert.False(waiter.Join(30));
        read.Return();
        read.End();
        Assert.True(waiter.Join(10_000));
        read.AwaitEnd(seen);    // it is over already
    }

    /// <summary>The first question chooses the 64 pages: from its page on if it is alone, else the aligned ones around it.</summary>
    private static (uint First, HashSet<uint> Wanted) Ask(OutsideRead read, Source source, Source other, Random random)
    {
        HashSet<uint> wanted = [];
        uint page = (uint)random.Next(64, 1000);
        bool isAlone = random.Next(2) == 0;
        int count = random.Next(1, 5) == 1 ? random.Next(1, 100) : random.Next(1, 4);
        uint first = isAlone ? page : page / Max * Max;
        read.Ask(source, page, count, isAlone);
        Add(page, count);
        for (int more = random.Next(4); more > 0; more--)
        {
            uint next = (uint)Math.Max(0, (long)first + random.Next(-3, Max + 3));
            int nextCount = random.Next(1, 6);
            switch (random.Next(4))
            {
                case 0: read.Ask(other, next, nextCount, alone: false); break;    // one source at a time
                case 1: read.Ask(source, next, nextCount, alone: true); break;    // not beside the earlier request
                default:
                    read.Ask(source, next, nextCount, alone: false);
                    Add(next, nextCount);
                    break;
            }
        }

        Assert.True(read.IsAsked);
        return (first, wanted);

        void Add(uint from, int pages)
        {
            if (from < first || from >= first + Max) return;
            for (uint one = from; one < Math.Min(from + pages, first + Max); one++) wanted.Add(one);
        }
    }

    private static void Change(OutsideRead read, Source source, Source other, uint first, HashSet<uint> stale, Random random)
    {
        for (int changes = random.Next(3); changes > 0; changes--)
        {
            ulong from = (ulong)Math.Max(0, first + random.Next(-70, Max + 5)), end = from + (ulong)random.Next(80);
            if (random.Next(8) == 0) end = ulong.MaxValue;
            read.NoteChange(other, 0, ulong.MaxValue);    // of another source
            read.NoteChange(source, from, end);
            for (uint page = first; page < first + Max; page++)
                if (page >= from && page < end) stale.Add(page);
        }
    }

    private static void Compare(
        OutsideRead read, Source source, Source other, uint first, HashSet<uint> wanted, HashSet<uint> stale, Random random)
    {
        Dictionary<uint, State> states = source.StatesOf(wanted);
        for (uint page = first - 1; page != first + Max + 1; page++)
        {
            int length = random.Next(3) == 0 ? random.Next(1, PageBytes) : random.Next(1, 4) * PageBytes;
            byte[] bytes = new byte[length];
            bool isAnswered = read.TryAnswer(source, page, bytes, out int count, out Errno error);
            Assert.False(read.TryAnswer(other, page, bytes.AsSpan(0, 0), out _, out _));
            State state = stale.Contains(page) ? State.Unread : states.GetValueOrDefault(page);
            Assert.Equal(state != State.Unread, isAnswered);
            Assert.Equal(state == State.Failed ? source.ErrorOf : Errno.None, error);
            int whole = 0;
            while (states.GetValueOrDefault(page + (uint)whole) == State.Whole && !stale.Contains(page + (uint)whole)) whole++;
            Assert.Equal(isAnswered && state == State.Whole ? Math.Min(whole * PageBytes, length) : 0, count);
            for (int at = 0; at < count; at += PageBytes)
            {
                byte expected = Source.ByteOf(page + (uint)(at / PageBytes));
                Assert.False(bytes.AsSpan(at, Math.Min(PageBytes, count - at)).ContainsAnyExcept(expected));
            }

            Assert.False(bytes.AsSpan(count).ContainsAnyExcept((byte)0));
        }
    }

    /// <summary>Pages full of a byte of their own; some calls read less than they were asked to and fail, or throw.</summary>
    private sealed class Source(Random random) : IOutsideSource
    {
        private readonly HashSet<uint> _refused = [];
        private readonly List<(uint Page, int Whole, Errno Error)> _calls = [];
        private bool _throws;

        public int OutsideReaders { get; set; }
        public int EndCount { get; private set; }
        public bool HasThrown { get; private set; }
        public Errno ErrorOf => HasThrown ? Errno.EIO : Errno.ENOMEM;

        public static byte ByteOf(uint page) => (byte)((page % 250) + 1);

        public void Draw(uint first, HashSet<uint> wanted)
        {
            _refused.Clear();
            _calls.Clear();
            (_throws, HasThrown) = (false, false);
            if (random.Next(2) == 0) return;
            _refused.Add(random.Next(3) == 0 ? first + (uint)random.Next(Max) : wanted.ElementAt(random.Next(wanted.Count)));
            _throws = random.Next(2) == 0;
        }

        public Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount)
        {
            Assert.Equal(1, OutsideReaders);
            int count = bytes.Length / PageBytes;
            for (wholeCount = 0; wholeCount < count; wholeCount++)
            {
                uint at = page + (uint)wholeCount;
                if (_refused.Contains(at))
                {
                    if (_throws)
                    {
                        HasThrown = true;
                        _calls.Add((page, 0, Errno.EIO));
                        throw new InvalidOperationException("thrown by the source");
                    }

                    _calls.Add((page, wholeCount, Errno.ENOMEM));
                    return Errno.ENOMEM;
                }

                bytes.Slice(wholeCount * PageBytes, PageBytes).Fill(ByteOf(at));
            }

            _calls.Add((page, count, Errno.None));
            return Errno.None;
        }

        public void EndOutsideReads() => EndCount++;

        /// <summary>
        /// Each row of wanted pages is one call: whole pages that it read are whole, and the page of an error is failed.
        /// </summary>
        public Dictionary<uint, State> StatesOf(HashSet<uint> wanted)
        {
            Dictionary<uint, State> states = [];
            uint[] rows = [.. wanted.Where(page => !wanted.Contains(page - 1)).Order()];
            Assert.Equal(rows.Take(_calls.Count), _calls.Select(static call => call.Page));
            Assert.True(HasThrown || _calls.Count == rows.Length);
            foreach ((uint page, int whole, Errno error) in _calls)
            {
                for (uint i = 0; i < whole; i++) states[page + i] = State.Whole;
                if (error != Errno.None) states[page + (uint)whole] = State.Failed;
            }

            return states;
        }
    }
}
