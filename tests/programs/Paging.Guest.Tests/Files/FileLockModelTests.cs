using Paging.Guest.Machine;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Tests;

/// <summary>Locks of ranges of bytes beside a plain model: for each owner and byte none, shared or exclusive.</summary>
/// <remarks>Linux: fs/locks.c posix_lock_inode; neighbours of one kind are one lock.</remarks>
public sealed class FileLockModelTests
{
    private const int ByteTotal = 24, OwnerTotal = 3;
    private static readonly (ulong, ulong) File = (1, 2), Other = (1, 3);

    private readonly FileLocks _locks = new(new WakeUps());
    private readonly object[] _owners = [new(), new(), new()];
    private readonly char[,] _model = new char[OwnerTotal, ByteTotal];    // '.', 's', 'x'; the last byte stands for all after it

    public FileLockModelTests()
    {
        for (int owner = 0; owner < OwnerTotal; owner++)
            for (int at = 0; at < ByteTotal; at++) _model[owner, at] = '.';
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void LocksAreThoseOfTheModel(int seed, bool isWhole)
    {
        Random random = new(seed);
        _locks.Set(Other, new(_owners[0], 1, IsExclusive: true, 0, long.MaxValue), isWhole);    // another file's, and the other kind's
        _locks.Set(File, new(_owners[1], 2, IsExclusive: true, 0, long.MaxValue), !isWhole);
        for (int step = 0; step < 4_000; step++)
        {
            int owner = random.Next(OwnerTotal), start = random.Next(ByteTotal), last = random.Next(start, ByteTotal);
            bool isExclusive = random.Next(2) == 0;
            long end = last == ByteTotal - 1 ? long.MaxValue : last;
            FileLock wanted = new(_owners[owner], owner, isExclusive, start, end);
            char letter = random.Next(3) == 0 ? '.' : isExclusive ? 'x' : 's';
            if (letter == '.')
            {
                _locks.Clear(File, _owners[owner], start, end, isWhole);
            }
            else
            {
                bool conflicts = Enumerable.Range(0, OwnerTotal).Any(other => other != owner
                    && Enumerable.Range(start, last - start + 1).Any(at => _model[other, at] is 'x'
                        || (isExclusive && _model[other, at] is 's')));
                Assert.Equal(conflicts, _locks.FindConflict(File, wanted, isWhole) is not null);
                if (conflicts) continue;
                _locks.Set(File, wanted, isWhole);
            }

            for (int at = start; at <= last; at++) _model[owner, at] = letter;
            AssertSame(isWhole);
        }

        for (int owner = 0; owner < OwnerTotal; owner++) _locks.Clear(File, _owners[owner], 0, long.MaxValue, isWhole);
        Assert.Equal([(File, !isWhole), (Other, isWhole)],
            _locks.All.Select(static one => (one.Key, one.IsWhole)).OrderBy(static one => one.Key));
    }

    private void AssertSame(bool isWhole)
    {
        FileLock[] locks = [.. _locks.All.Where(one => one.Key == File && one.IsWhole == isWhole).Select(static one => one.Lock)];
        for (int owner = 0; owner < OwnerTotal; owner++)
        {
            List<(long, long, bool)> expected = [];
            for (int at = 0; at < ByteTotal;)
            {
                int end = at + 1;
                while (end < ByteTotal && _model[owner, end] == _model[owner, at]) end++;
                if (_model[owner, at] != '.') expected.Add((at, end == ByteTotal ? long.MaxValue : end - 1, _model[owner, at] == 'x'));
                at = end;
            }

            Assert.Equal(expected, locks.Where(one => ReferenceEquals(one.Owner, _owners[owner])).OrderBy(static one => one.Start)
                .Select(static one => (one.Start, one.Last, one.IsExclusive)));
        }
    }
}
