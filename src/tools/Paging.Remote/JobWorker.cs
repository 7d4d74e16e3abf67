using System.Globalization;
using System.Security.Cryptography;

namespace Paging.Remote;

/// <summary>Takes jobs from a queue until all of them are done, by whomever.</summary>
/// <param name="queue">The queue, which has been opened.</param>
/// <param name="name">The worker's name: no other worker of the queue has it.</param>
public sealed class JobWorker(JobQueue queue, string name)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly JobQueue _queue = queue ?? throw new ArgumentNullException(nameof(queue));
    private readonly string _name = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>A name that no other worker has: machine, process and a random number.</summary>
    public static string NewName() => string.Create(CultureInfo.InvariantCulture,
        $"{Environment.MachineName}.{Environment.ProcessId}.{RandomNumberGenerator.GetHexString(4, lowercase: true)}");

    /// <summary>Works.</summary>
    /// <param name="work">Does one job. An exception ends the worker; the job goes to another one.</param>
    /// <param name="isOver">Asked before each job; true ends the worker early.</param>
    /// <returns>The number of jobs that this worker has done.</returns>
    public int Run(Func<string, string> work, Func<bool>? isOver = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        int count = 0;
        while (isOver?.Invoke() != true)
        {
            if (_queue.TryTake(_name, out JobTicket? job))
            {
                Do(job, work);
                count++;
                continue;
            }

            (int all, int done) = _queue.Count();
            if (done >= all) break;
            Thread.Sleep(Pause);    // others work on the last ones, and may die
        }

        return count;
    }

    private void Do(JobTicket job, Func<string, string> work)
    {
        TimeSpan interval = _queue.ClaimAfter / 3;
        using Timer alive = new(_ => RenewClaim(job), null, interval, interval);
        string result = work(job.Text);
        _queue.Finish(job, result);
    }

    private void RenewClaim(JobTicket job)
    {
        try
        {
            _queue.KeepAlive(_name, job);
        }
        catch (RemoteException)
        {
            // Another worker may do the job, too: its result counts once.
        }
    }
}
