using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// What may be committed, by the rules of Documentation/mm/overcommit-accounting.rst; and a ring of events beside a queue.
/// </summary>
public sealed class CommitmentModelTests
{
    private const long Ram = 1000;

    [Theory]
    [InlineData(OvercommitMode.Always)]
    [InlineData(OvercommitMode.Heuristic)]
    [InlineData(OvercommitMode.Never)]
    public void TheCommitmentFollowsTheMode(OvercommitMode mode) => Property.ForSeeds(20, seed =>
    {
        Random random = new((int)seed);
        Commitment commitment = new(mode, 50, Ram);
        long committed = 0, swap = 0;
        int ratio = 50;
        for (int step = 0; step < 100; step++)
        {
            long limit = (Ram * ratio / 100) + swap;
            Assert.Equal(limit, commitment.Limit);
            long pages = random.Next(5) switch
            {
                0 => limit - committed + random.Next(-1, 2),    // the edge of mode 2
                1 => Ram + swap + random.Next(-1, 2),    // that of mode 0
                2 => Ram + swap - committed + random.Next(-1, 2),    // that of a system that commits what is there
                3 => random.Next(-3, 3),
                _ => random.Next(400),
            };
            bool isEnough = mode switch
            {
                OvercommitMode.Always => true,
                OvercommitMode.Heuristic => pages <= Ram + swap,
                _ => committed + pages < limit,
            };
            switch (random.Next(6))
            {
                case 0:
                    bool fits = pages <= 0 || committed + pages <= Ram + swap;
                    Assert.Equal(fits, commitment.TryChargeStrictly(pages));
                    if (fits) committed += pages;
                    break;
                case 1 when committed > 0:
                    long back = random.NextInt64(committed) + 1;
                    commitment.Uncharge(back);
                    committed -= back;
                    break;
                case 2:
                    commitment.SwapPages = swap = random.Next(3) * 250;
                    commitment.Ratio = ratio = random.Next(120);
                    break;
                default:
                    Assert.Equal(pages <= 0 || isEnough, commitment.TryCharge(pages));
                    if (pages <= 0 || isEnough) committed += pages;
                    break;
            }

            Assert.Equal(committed, commitment.Committed);
        }
    });

    [Fact]
    public void ARingOfEventsKeepsTheLastOnesAndCountsTheOthers() => Property.ForSeeds(10, seed =>
    {
        Random random = new((int)seed);
        int capacity = random.Next(1, 6);
        EventLog log = new(capacity);
        Queue<EngineEvent> model = [];
        long lost = 0;
        for (int step = 0; step < 100; step++)
        {
            PageNumber page = new((uint)step);
            switch (random.Next(5))
            {
                case 0 or 1:
                    log.Note(EngineEventKind.MinorFault, step, new(page, new(3)), new FrameNumber(7));
                    Add(new(EngineEventKind.MinorFault, step, new(page, new(3)), new FrameNumber(7)));
                    break;
                case 2:
                    log.NoteFault(EngineEventKind.RefusedFault, step, page, AccessKind.Write, MemoryFaultKind.BusError);
                    Add(new(EngineEventKind.RefusedFault, step, new(page, PageCount.One), default, AccessKind.Write,
                        MemoryFaultKind.BusError));
                    break;
                default:
                    Assert.Equal(model.TryDequeue(out EngineEvent expected), log.TryTake(out EngineEvent oldest));
                    Assert.Equal(expected, oldest);
                    break;
            }

            Assert.Equal((model.Count, lost), (log.Count, log.LostCount));
        }

        void Add(EngineEvent added)
        {
            model.Enqueue(added);
            if (model.Count <= capacity) return;
            model.Dequeue();
            lost++;
        }
    });
}
