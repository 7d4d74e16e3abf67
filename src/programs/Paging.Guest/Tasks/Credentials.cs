using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>The credentials of a process. Linux: struct cred.</summary>
internal sealed record Credentials
{
    public uint User { get; init; }
    public uint EffectiveUser { get; init; }
    public uint SavedUser { get; init; }
    public uint Group { get; init; }
    public uint EffectiveGroup { get; init; }
    public uint SavedGroup { get; init; }

    public uint[] Groups { get; init; } = [];
    public ulong Permitted { get; init; }
    public ulong Effective { get; init; }

    public ulong Inheritable { get; init; }

    /// <summary>The capabilities that execve gives root.</summary>
    public ulong Bounding { get; init; } = HostBounding;

    private static ulong HostBounding { get; } = HostCapabilities("CapBnd:");

    /// <summary>PR_SET_NO_NEW_PRIVS: execve ignores set-user-ID bits. Linux: PFA_NO_NEW_PRIVS.</summary>
    public bool HasNoNewPrivileges { get; init; }

    /// <summary>Those of the host's process: the program runs as the user to whom its new files belong.</summary>
    public static Credentials OfHost { get; } = new()
    {
        User = HostCalls.UserId,
        EffectiveUser = HostCalls.EffectiveUserId,
        SavedUser = HostCalls.EffectiveUserId,
        Group = HostCalls.GroupId,
        EffectiveGroup = HostCalls.EffectiveGroupId,
        SavedGroup = HostCalls.EffectiveGroupId,
        Groups = [],
        Permitted = HostCapabilities("CapPrm:"),
        Effective = HostCapabilities("CapEff:"),
    };

    /// <summary>Reads the host's capabilities, some of which a container may lack.</summary>
    private static ulong HostCapabilities(string line)
    {
        string? found = File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal));
        bool isRead = ulong.TryParse(found.AsSpan(Math.Min(line.Length, found?.Length ?? 0)).Trim(), NumberStyles.HexNumber,
            CultureInfo.InvariantCulture, out ulong capabilities);
        return isRead ? capabilities & Capability.All : 0;
    }

    public void Save(RecordWriter writer)
    {
        foreach (uint number in (ReadOnlySpan<uint>)[User, EffectiveUser, SavedUser, Group, EffectiveGroup, SavedGroup])
            writer.Write(number);
        writer.Write(Groups.Length);
        foreach (uint group in Groups) writer.Write(group);
        foreach (ulong set in (ReadOnlySpan<ulong>)[Permitted, Effective, Inheritable, Bounding]) writer.Write(set);
        writer.Write(HasNoNewPrivileges);
    }

    /// <summary>Loads credentials, without capabilities that the host's process lacks.</summary>
    public static Credentials Load(RecordReader reader) => new()
    {
        User = reader.ReadWord(),
        EffectiveUser = reader.ReadWord(),
        SavedUser = reader.ReadWord(),
        Group = reader.ReadWord(),
        EffectiveGroup = reader.ReadWord(),
        SavedGroup = reader.ReadWord(),
        Groups = LoadGroups(reader),
        Permitted = reader.ReadWideWord() & OfHost.Permitted,    // a checkpoint must not raise rights
        Effective = reader.ReadWideWord() & OfHost.Permitted,
        Inheritable = reader.ReadWideWord() & HostBounding,
        Bounding = reader.ReadWideWord() & HostBounding,
        HasNoNewPrivileges = reader.ReadFlag(),
    };

    private static uint[] LoadGroups(RecordReader reader)
    {
        uint[] groups = new uint[reader.ReadCount()];
        for (int i = 0; i < groups.Length; i++) groups[i] = reader.ReadWord();
        return groups;
    }

    /// <summary>Returns true if it has one of <see cref="Capability"/>.</summary>
    public bool Can(int capability) => (Effective & (1UL << capability)) != 0;

    /// <summary>Returns credentials with other sets of capabilities, or EPERM. Linux: security/commoncap.c cap_capset.</summary>
    public Errno WithCapabilities(ulong effective, ulong permitted, ulong inheritable, out Credentials changed)
    {
        changed = this with
        {
            Effective = effective & Capability.All,
            Permitted = permitted & Capability.All,
            Inheritable = inheritable & Capability.All,
        };
        bool mayInherit = Can(Capability.SetCapabilities) || (changed.Inheritable & ~(Inheritable | Permitted)) == 0;
        bool isWithin = (changed.Inheritable & ~(Inheritable | Bounding)) == 0 && (changed.Permitted & ~Permitted) == 0
            && (changed.Effective & ~changed.Permitted) == 0;
        return mayInherit && isWithin ? Errno.None : Errno.EPERM;
    }

    /// <summary>Returns true if it is in a group, for files and IPC. Linux: in_group_p.</summary>
    public bool IsIn(uint group) => EffectiveGroup == group || Groups.Contains(group);

    /// <summary>Returns credentials with new users, and adjusted capabilities. Linux: security/commoncap.c cap_emulate_setxuid.</summary>
    public Credentials WithUsers(uint user, uint effective, uint saved)
    {
        Credentials changed = this with { User = user, EffectiveUser = effective, SavedUser = saved };
        if (HasRoot && !changed.HasRoot) return changed with { Permitted = 0, Effective = 0 };    // the last of root's numbers is gone
        if (EffectiveUser == 0 && effective != 0) return changed with { Effective = 0 };    // permitted ones stay: it may come back
        return EffectiveUser != 0 && effective == 0 ? changed with { Effective = changed.Permitted } : changed;
    }

    /// <summary>
    /// Returns true if effective user or group differ from before, or it has more capabilities. Linux: commit_creds, cred_cap_issubset.
    /// </summary>
    public bool IsBeyond(Credentials before) =>
        (EffectiveUser, EffectiveGroup) != (before.EffectiveUser, before.EffectiveGroup)
        || (Permitted & ~before.Permitted) != 0;

    private bool HasRoot => User == 0 || EffectiveUser == 0 || SavedUser == 0;

    /// <summary>Returns credentials with new groups. Linux: __sys_setresgid.</summary>
    public Credentials WithGroups(uint group, uint effective, uint saved) =>
        this with { Group = group, EffectiveGroup = effective, SavedGroup = saved };

    /// <summary>The credentials for access(2): those of the real user and group. Linux: access_override_creds.</summary>
    public Credentials ForAccess() =>
        this with { EffectiveUser = User, EffectiveGroup = Group, Effective = User == 0 ? Permitted : 0 };    // not root: none count

    /// <summary>The credentials after execve(2). Linux: bprm_fill_uid, cap_bprm_creds_from_file, handle_privileged_root.</summary>
    /// <param name="program">The program's file, with its set-user-ID and set-group-ID bits.</param>
    /// <param name="isShared">True if another process shares root and working directory, so that the program gets no more rights.</param>
    public Credentials ForProgram(in FileStatus program, bool isShared)
    {
        // Without the right to execute, set-group-ID once meant mandatory locking (bprm_fill_uid)
        const FileModes runsAsGroup = FileModes.SetGroup | FileModes.GroupExecute;
        FileModes mode = HasNoNewPrivileges ? 0 : program.Mode;
        uint user = (mode & FileModes.SetUser) != 0 ? program.User : EffectiveUser;
        uint group = (mode & runsAsGroup) == runsAsGroup ? program.Group : EffectiveGroup;
        ulong permitted = user == 0 || User == 0 ? Bounding | Inheritable : 0;
        bool gains = user != EffectiveUser || group != EffectiveGroup || (permitted & ~Permitted) != 0;
        if (gains && (isShared || HasNoNewPrivileges))    // Linux: LSM_UNSAFE_SHARE, LSM_UNSAFE_NO_NEW_PRIVS
        {
            if (HasNoNewPrivileges || !Can(Capability.SetUser)) (user, group) = (User, Group);
            permitted &= Permitted;
        }

        return this with
        {
            EffectiveUser = user,
            SavedUser = user,
            EffectiveGroup = group,
            SavedGroup = group,
            Permitted = permitted,
            Effective = user == 0 ? permitted : 0,    // no file here has capabilities of its own
        };
    }
}
