using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.Cli.Run.Checkpoints;
using Paging.Guest;
using Paging.Remote;

namespace Paging.Cli.Run;

/// <summary>Runs a machine until its program ends, a signal or the time limit ends it, or it is saved.</summary>
internal sealed class RunControl(GuestKernel kernel, RunRequest request, TextWriter errors) : IDisposable
{
    private const int Hangup = 1, Interrupt = 2, Quit = 3, User1 = 10, User2 = 12, Alarm = 14, Terminate = 15, ProcessorTime = 24;

    // Unhandled, these would end this command before stores through mappings have reached the host.
    private static readonly ImmutableArray<int> _endings = [Hangup, Interrupt, Quit, User2, Alarm, Terminate, ProcessorTime];

    private volatile bool _isTimeUp, _mustSave;
    private volatile int _endingSignal;    // the first that came; 0: none
    private bool _hasFailed;    // a save has failed, which has been reported
    private LiveUpload? _live;

    /// <summary>Returns how it ended, or null if it was saved.</summary>
    public GuestOutcome? Run()
    {
        PosixSignalRegistration[] endings = [.. _endings.Select(EndOn)];
        using PosixSignalRegistration user = request.Target is null ? EndOn(User1)
            : PosixSignalRegistration.Create((PosixSignal)User1, Save);
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

    /// <summary>Returns the status that a shell would show: that of a signal that has ended the run, or the program's.</summary>
    public int StatusOf(GuestOutcome outcome) =>
        (outcome.End == GuestEnd.Stopped && _endingSignal != 0 ? new(GuestEnd.Killed, _endingSignal) : outcome).ShellStatus;

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

            if (_endingSignal != 0) return outcome;
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

    private PosixSignalRegistration EndOn(int signal) => PosixSignalRegistration.Create((PosixSignal)signal, context =>
    {
        context.Cancel = true;
        if (_endingSignal == 0) _endingSignal = signal;
        kernel.RequestStop();
    });

    private void Save(PosixSignalContext context)
    {
        context.Cancel = true;
        _mustSave = true;
        kernel.RequestStop();
    }
}
