using System.Buffers.Binary;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>Items of an epoll beside a list of pairs: one file watched by several descriptors, several files, files that close.</summary>
/// <remarks>Linux: fs/eventpoll.c; an item is a descriptor and an open file (epoll(7), questions 1 and 6).</remarks>
public sealed class EpollItemTests
{
    private const int FileTotal = 4, DescriptorTotal = 6;

    private readonly GuestClock _clock = new(1_000_000_000);
    private readonly WakeUps _wakeUps = new();
    private readonly EpollFile _epoll;

    public EpollItemTests() => _epoll = new(_clock, _wakeUps, 0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReadyItemsAreThoseOfTheModel(int seed)
    {
        Random random = new(seed);
        EventFile[] files = [.. Enumerable.Range(0, FileTotal).Select(_ => NewFile())];
        List<(int Descriptor, EventFile File, ulong Data)> model = [];
        HashSet<EventFile> ready = [];
        for (int step = 0; step < 2_000; step++)
        {
            int descriptor = random.Next(DescriptorTotal), number = random.Next(FileTotal);
            EventFile file = files[number];
            int known = model.FindIndex(one => one.Descriptor == descriptor && one.File == file);
            switch (random.Next(6))
            {
                case 0 when known < 0:
                case 1 when known < 0:
                    _epoll.Add(new(new(descriptor), file) { Events = PollEvents.In, Data = (ulong)step });
                    model.Add((descriptor, file, (ulong)step));
                    break;
                case 2 when known >= 0:
                    _epoll.Remove(_epoll.Find(new(descriptor), file)!);
                    model.RemoveAt(known);
                    break;
                case 3 when random.Next(4) == 0:
                    file.Release();    // its last reference
                    model.RemoveAll(one => one.File == file);
                    ready.Remove(file);
                    files[number] = NewFile();
                    break;
                default:
                    Toggle(file, ready);
                    break;
            }

            Assert.Equal(model.Count, _epoll.Count);
            Assert.Equal(known >= 0 && model.Any(one => one.Descriptor == descriptor && one.File == file),
                known >= 0 && _epoll.Find(new(descriptor), file) is not null);
            (uint Events, ulong Data)[] found = new (uint, ulong)[FileTotal * DescriptorTotal];
            int count = _epoll.Collect(found);
            Assert.Equal(model.Where(one => ready.Contains(one.File)).Select(static one => one.Data).Order(),
                found[..count].Select(static one => one.Data).Order());
        }
    }

    /// <summary>With less room than ready items, each is reported before one is reported again.</summary>
    [Fact]
    public void ItemsTakeTurns()
    {
        EventFile[] files = [NewFile(), NewFile()];
        for (int i = 0; i < 5; i++) _epoll.Add(new(new(i), files[i % 2]) { Events = PollEvents.In, Data = (ulong)i });
        foreach (EventFile file in files) Toggle(file, []);
        List<ulong> seen = [];
        (uint Events, ulong Data)[] found = new (uint, ulong)[2];
        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(2, _epoll.Collect(found));
            seen.AddRange(found.Select(static one => one.Data));
        }

        Assert.Equal([0ul, 1, 2, 3, 4, 0, 1, 2, 3, 4], seen);
    }

    private static void Toggle(EventFile file, HashSet<EventFile> ready)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        if (ready.Remove(file))
        {
            _ = file.Read(word);
            return;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(word, 1);
        _ = file.Write(word);
        ready.Add(file);
    }

    private EventFile NewFile() => new(_clock, _wakeUps, 0, isSemaphore: false, 0);
}
