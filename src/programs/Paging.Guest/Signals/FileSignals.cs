using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Signals;

/// <summary>The files that tell their owners by a signal what happens to them (O_ASYNC). Linux: fs/fcntl.c send_sigio.</summary>
/// <remarks>Looked at after each system call. Cost: O(such files), mostly none.</remarks>
internal sealed class FileSignals(TaskTable tasks, SignalSender signals) : IFileWatcher
{
    private const int Readable = 1, Writable = 2;    // POLL_IN, POLL_OUT

    private readonly List<Watched> _files = [];

    /// <summary>O_ASYNC is set: its owner is told from now on, with the number that it was set through.</summary>
    public void Watch(OpenDescription file, Descriptor descriptor)
    {
        Forget(file);
        _files.Add(new(file, descriptor) { Seen = file.Reports });
        file.AddWatcher(this);
    }

    /// <summary>O_ASYNC is cleared.</summary>
    public void Unwatch(OpenDescription file)
    {
        Forget(file);
        file.RemoveWatcher(this);
    }

    /// <inheritdoc/>
    public void Forget(OpenDescription file) => _files.RemoveAll(watched => watched.File == file);

    /// <summary>The number through which it was set; none: it is not watched.</summary>
    public Descriptor? DescriptorOf(OpenDescription file) => _files.Find(watched => watched.File == file)?.Descriptor;

    /// <summary>What has happened up to now is told nobody: the files were just loaded.</summary>
    public void Settle()
    {
        foreach (Watched watched in _files) watched.Seen = watched.File.Reports;
    }

    /// <summary>Tells the owners of what has happened since it last looked.</summary>
    public void Look()
    {
        for (int i = 0; i < _files.Count; i++)
        {
            Watched watched = _files[i];
            (long toRead, long toWrite) = watched.File.Reports;
            (long seenToRead, long seenToWrite) = watched.Seen;
            if (toRead == seenToRead && toWrite == seenToWrite) continue;
            watched.Seen = (toRead, toWrite);
            if (toRead != seenToRead) Tell(watched.File, watched.Descriptor, Readable, PollEvents.In | PollEvents.ReadNormal);
            if (toWrite == seenToWrite) continue;
            Tell(watched.File, watched.Descriptor, Writable, PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand);
        }
    }

    /// <summary>F_SETOWN and its kin: whether there is somebody of that number.</summary>
    public bool Exists(FileOwnerKind kind, int id) => kind switch
    {
        FileOwnerKind.Thread => tasks.FindTask(id) is not null,
        FileOwnerKind.Process => tasks.Find(id) is { IsZombie: false } or { IsInit: true },
        _ => tasks.All.Any(process => process.GroupId == id),
    };

    private void Tell(OpenDescription file, Descriptor descriptor, int code, int events)
    {
        FileOwner owner = file.Owner;
        if (owner.Id == 0) return;
        int why = owner.Signal.HasCodesOfItsOwn() ? SignalInfo.FromFile : code;
        SignalInfo info = owner.Signal == SignalNumber.None ? new(SignalNumber.InputOutput, SignalInfo.FromKernel)
            : new(owner.Signal, why, (uint)events, (uint)descriptor.Number);
        switch (owner.Kind)
        {
            case FileOwnerKind.Thread:
                if (tasks.FindTask(owner.Id) is { } thread
                    && MayTell(owner, thread.Process)) signals.Send(thread, Fit(thread.Process, info));
                break;
            case FileOwnerKind.Process:
                if (tasks.Find(owner.Id) is { } process && MayTell(owner, process)) signals.Send(process, Fit(process, info));
                break;
            default:
                foreach (GuestProcess member in tasks.All)
                {
                    if (member.GroupId == owner.Id && MayTell(owner, member)) signals.Send(member, Fit(member, info));
                }

                break;
        }
    }

    /// <summary>Where no more real-time signals fit, it is a plain SIGIO. Linux: send_sigio_to_task.</summary>
    private SignalInfo Fit(GuestProcess process, in SignalInfo info) =>
        info.Signal >= SignalNumber.FirstRealTime && tasks.HasAllPendingSignals(process)
            ? new(SignalNumber.InputOutput, SignalInfo.FromKernel) : info;

    /// <summary>Linux: sigio_perm.</summary>
    private static bool MayTell(in FileOwner owner, GuestProcess process)
    {
        Credentials who = process.Credentials;
        return owner.EffectiveUser == 0 || owner.EffectiveUser == who.SavedUser || owner.EffectiveUser == who.User
            || owner.User == who.SavedUser || owner.User == who.User;
    }

    private sealed record Watched(OpenDescription File, Descriptor Descriptor)
    {
        public (long ToRead, long ToWrite) Seen { get; set; }
    }
}
