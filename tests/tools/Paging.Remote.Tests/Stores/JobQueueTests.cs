using System.Globalization;

namespace Paging.Remote.Tests;

/// <summary>Jobs that many workers share: each is done, and counts once.</summary>
[Trait("Category", "Medium")]
public sealed class JobQueueTests : IDisposable
{
    private readonly RedisProcess _redis = RedisProcess.WithStreams();
    private readonly RedisServer _server;
    private readonly RemoteAddress _address;

    public JobQueueTests()
    {
        Assert.True(RemoteAddress.TryParse(_redis.Url + "/night", [], out RemoteAddress? address, out _));
        (_address, _server) = (address, RedisServer.Connect(address));
    }

    public void Dispose()
    {
        _server.Dispose();
        _redis.Dispose();
    }

    [Fact]
    public void TwoWorkersShareTheJobsAndTheResultIsThatOfOne()
    {
        string[] jobs = [.. Enumerable.Range(0, 60).Select(static number => number.ToString(CultureInfo.InvariantCulture))];
        int[] counts = new int[2];
        Parallel.For(0, 2, worker =>
        {
            JobQueue queue = Queue();
            queue.Open("squares", jobs);
            counts[worker] = new JobWorker(queue, $"w{worker}").Run(Square);
        });
        Assert.Equal(60, counts.Sum());
        Assert.Equal(jobs.Select(Square), Queue().Results().Values, StringComparer.Ordinal);
        Assert.Equal((60, 60), Queue().Count());
    }

    [Fact]
    public void TheJobOfAWorkerThatDiedIsDoneByAnother()
    {
        JobQueue queue = Queue(TimeSpan.FromMilliseconds(300));
        queue.Open("squares", ["1", "2", "3"]);
        Assert.True(queue.TryTake("dead", out JobTicket? lost));    // and is never heard of again
        Assert.Equal(3, new JobWorker(queue, "alive").Run(Square));
        Assert.Equal("1 4 9", string.Join(' ', queue.Results().Values));
        queue.Finish(lost, "late");    // it was only slow: its result counts no more
        Assert.Equal("1 4 9", string.Join(' ', queue.Results().Values));
    }

    [Fact]
    public async Task AWorkerThatTakesItsTimeKeepsItsJob()
    {
        JobQueue queue = Queue(TimeSpan.FromMilliseconds(150)), ofOther = Queue();    // renews every 50 ms; takes what is 15 s old
        queue.Open("slow", ["1"]);
        using ManualResetEventSlim begun = new(), end = new();
        Task<int> slow = Task.Run(() => new JobWorker(queue, "slow").Run(job =>
        {
            begun.Set();
            end.Wait();
            return job;
        }), TestContext.Current.CancellationToken);
        begun.Wait(TestContext.Current.CancellationToken);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal("1-1", Age("slow"));
            Assert.True(SpinWait.SpinUntil(() => !IsIdle("slow"), TimeSpan.FromMinutes(1)));
            Assert.False(ofOther.TryTake("other", out JobTicket? _));
        }

        end.Set();
        Assert.Equal(1, await slow);
        Assert.Equal(0, new JobWorker(ofOther, "other").Run(Square));
        Assert.Equal("1", Assert.Single(queue.Results()).Value);
    }

    [Fact]
    public void FindingsOfOneIdAreOne()
    {
        JobQueue queue = Queue();
        Assert.True(queue.TryAddFinding("a", "text"));
        Assert.False(queue.TryAddFinding("a", "text"));
        Assert.Equal("text", Assert.Single(queue.Findings()).Value);
    }

    /// <summary>Each key of a campaign lives on for its whole time whenever a worker reports: no results are lost.</summary>
    [Theory]
    [InlineData("open")]
    [InlineData("keep")]
    [InlineData("finish")]
    public void EveryKeyIsRenewed(string report)
    {
        JobQueue queue = Queue();
        queue.Open("squares", ["1", "2", "3"]);
        Assert.True(queue.TryTake("w", out JobTicket? first));
        queue.Finish(first, "1");
        Assert.True(queue.TryAddFinding("a", "text"));
        queue.Note("w", "works");
        Assert.True(queue.TryTake("w", out JobTicket? second));
        string[] keys = _redis.Ask("keys", "*").Split('\n');
        Assert.Equal(5, keys.Length);    // the description, jobs, results, findings, workers
        foreach (string key in keys) Assert.Equal("1", _redis.Ask("expire", key, "1000"));
        if (report is "open") queue.Open("squares", ["1", "2", "3"]);
        else if (report is "keep") queue.KeepAlive("w", second);
        else queue.Finish(second, "4");
        foreach (string key in keys) Assert.InRange(int.Parse(_redis.Ask("ttl", key), CultureInfo.InvariantCulture), 80_000, 86_400);
    }

    /// <summary>A finding or a note that makes its key gives it a time to live: the campaign may end there.</summary>
    [Fact]
    public void WhatIsNotedExpires()
    {
        JobQueue queue = Queue();
        queue.Open("squares", ["1"]);
        Assert.True(queue.TryAddFinding("a", "text"));
        queue.Note("w", "works");
        foreach (string key in _redis.Ask("keys", "*").Split('\n'))
            Assert.InRange(int.Parse(_redis.Ask("ttl", key), CultureInfo.InvariantCulture), 1, 86_400);
    }

    [Fact]
    public void AQueueIsForOneThingAndItsValuesAreChecked()
    {
        JobQueue queue = Queue();
        Assert.Null(queue.Description);
        queue.Open("squares", ["1"]);
        Assert.Contains("squares", Assert.Throws<RemoteException>(() => queue.Open("cubes", ["1"])).Message, StringComparison.Ordinal);
        _redis.Ask("hset", "paging:test:night:results", "0", "garbage");
        Assert.Throws<RemoteException>(() => queue.Results());
        Assert.InRange(int.Parse(_redis.Ask("ttl", "paging:test:night:queue"), CultureInfo.InvariantCulture), 1, 86400);
    }

    [Fact]
    public void AServerThatRestartsIsWaitedFor()
    {
        using RedisProcess saving = new("--appendonly", "yes", "--appendfsync", "always");
        Assert.True(RemoteAddress.TryParse(saving.Url + "/x?timeout=300", [], out RemoteAddress? address, out _));
        using RedisServer server = RedisServer.Connect(address);
        JobQueue queue = new(server, address, "test");
        queue.Open("squares", ["1", "2", "3", "4"]);
        int done = new JobWorker(queue, "w").Run(job =>
        {
            if (job is "2")
            {
                saving.Kill();
                saving.Start();
            }

            return Square(job);
        });
        Assert.Equal((4, 4), (done, queue.Results().Count));
    }

    /// <summary>Makes a worker's job one that was last renewed an hour ago.</summary>
    private string Age(string worker) =>
        _redis.Ask("xclaim", "paging:test:night:queue", "workers", worker, "0", "1-1", "idle", "3600000", "justid");

    /// <summary>True if a worker has not renewed its job for the last ten minutes.</summary>
    private bool IsIdle(string worker) =>
        _redis.Ask("xpending", "paging:test:night:queue", "workers", "idle", "600000", "-", "+", "1", worker).Length != 0;

    private static string Square(string job)
    {
        int number = int.Parse(job, CultureInfo.InvariantCulture);
        return (number * number).ToString(CultureInfo.InvariantCulture);
    }

    private JobQueue Queue(TimeSpan? claimAfter = null) =>
        new(_server, _address, "test") { ClaimAfter = claimAfter ?? TimeSpan.FromSeconds(15) };
}
