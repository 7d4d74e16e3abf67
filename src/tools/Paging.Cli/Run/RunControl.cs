using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.Cli.Run.Checkpoints;
using Paging.Guest;
using Paging.Remote;

namespace Paging.Cli.Run;

/// <summary>Runs a machine until its program ends, a signal or the time limit ends it, or it is saved.</summary>
internal sealed class RunControl(GuestKernel kernel, RunRequest request, TextWriter errors) : IDisposable
{
    private const PosixSignal User1 = (PosixSignal)10;

    // Unhandled, these would end this command before stores through mappings have reached the host: SIGUSR2, SIGALRM, SIGXCPU.
    private static readonly ImmutableArray<PosixSignal> _endings =
    [
        PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM, (PosixSignal)12, (PosixSignal)14, (PosixSignal)24,
    ];

    private volatile bool _isTimeUp, _mustEnd, _mustSave;
    private bool _hasFailed;    // a save has failed, which has been reported
    private LiveUpload? _live;

    /// <summary>Returns how it ended, or null if it was saved.</summary>
    public GuestOutcome? Run()
    {
        PosixSignalRegistration[] endings = [.. _endings.Select(signal => PosixSignalRegistration.Create(signal, End))];
        using PosixSignalRegistration user = PosixSignalRegistration.Create(User1, request.Target is null ? End : Save);
        using Timer limit = After(request.TimeLimitSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, () => _isTimeUp = true);
        using Timer due = After(request.Target is null ? null : request.SaveAfter, () => _mustSave = true);
        try
        {
            return RunOn();
        }
        finally
        {
            foreach (PosixSignalRegistration ending in endings) ending.Dispose();
        }
    }

    public void Dispose() => GiveUpLive();

    private GuestOutcome? RunOn()
    {
        while (true)
        {
            GuestOutcome outcome = kernel.Run();
            if (outcome.End != GuestEnd.Stopped)
            {
                if (request is { Target: not null, SaveAfter: not null } && !_hasFailed)
                    Refusal.Report(errors, "paging run: not saved: the run ended before the time of --checkpoint-after");
                return outcome;
            }

            if (_mustEnd) return outcome;
            if (_isTimeUp) return new(GuestEnd.LimitReached, 0);
            bool isDue = _mustSave;
            _mustSave = false;
            if ((isDue || _live is not null) && TrySave(request.Target!)) return null;
        }
    }

    /// <summary>Returns false if the program continues: its pages are still being sent, or it cannot be saved, which is reported.</summary>
    private bool TrySave(CheckpointPlace place)
    {
        try
        {
            if (_live is null)
            {
                if (HasObstacles()) return false;
                if (request.IsLive) _live = new LiveUpload(kernel, place);
            }

            if (_live is not null && !_live.Step()) return false;
            if (_live is not null && HasObstacles())
            {
                GiveUpLive();
                return false;
            }

            string written = _live?.Save() ?? place.Save(kernel);
            string option = place.Store is null ? "--from-file" : "--resume";
            string root = request.HasRoot ? $"--root {request.Root} " : "";
            Refusal.Report(errors, $"paging run: saved ({written}); it goes on with: paging run {root}{option} {place}");
            return true;
        }
        catch (Exception failure) when (failure is RemoteException || UserFiles.IsRefusal(failure))
        {
            ReportFailure(failure is RemoteException ? failure.Message : $"{place}: {UserFiles.ReasonOf(failure)}");
            GiveUpLive();
            return false;
        }
    }

    private bool HasObstacles()
    {
        IReadOnlyList<string> obstacles = kernel.FindObstacles();
        foreach (string obstacle in obstacles) ReportFailure(obstacle);
        return obstacles.Count > 0;
    }

    private void ReportFailure(string reason)
    {
        _hasFailed = true;
        Refusal.Report(errors, $"paging run: not saved: {reason}");
    }

    private void GiveUpLive()
    {
        _live?.Dispose();
        _live = null;
    }

    private Timer After(TimeSpan? time, Action then) => new(
        _ =>
        {
            then();
            kernel.RequestStop();
        }, null, time ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        _mustEnd = true;
        kernel.RequestStop();
    }

    private void Save(PosixSignalContext context)
    {
        context.Cancel = true;
        _mustSave = true;
        kernel.RequestStop();
    }
}
