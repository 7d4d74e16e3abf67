using System.Globalization;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>Who a process is. Linux: struct cred.</summary>
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

    /// <summary>Permitted capabilities outlive the change away from root (PR_SET_KEEPCAPS), until execve.</summary>
    public bool KeepsCapabilities { get; init; }

    /// <summary>The user that runs the host's process. The program sees the same user, because new files belong to it.</summary>
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

    /// <summary>A container may have taken some from its root.</summary>
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
        foreach (ulong set in (ReadOnlySpan<ulong>)[Permitted, Effective, Inheritable]) writer.Write(set);
        writer.Write(KeepsCapabilities);
    }

    /// <summary>Reads who a process was. It has no capability here that the host's process lacks.</summary>
    public static Credentials Load(RecordReader reader) => new()
    {
        User = reader.ReadWord(),
        EffectiveUser = reader.ReadWord(),
        SavedUser = reader.ReadWord(),
        Group = reader.ReadWord(),
        EffectiveGroup = reader.ReadWord(),
        SavedGroup = reader.ReadWord(),
        Groups = LoadGroups(reader),
        Permitted = reader.ReadWideWord() & OfHost.Permitted,
        Effective = reader.ReadWideWord() & OfHost.Permitted,
        Inheritable = reader.ReadWideWord() & Capability.All,
        KeepsCapabilities = reader.ReadFlag(),
    };

    private static uint[] LoadGroups(RecordReader reader)
    {
        uint[] groups = new uint[reader.ReadCount()];
        for (int i = 0; i < groups.Length; i++) groups[i] = reader.ReadWord();
        return groups;
    }

    /// <summary>It has one of <see cref="Capability"/>.</summary>
    public bool Can(int capability) => (Effective & (1UL << capability)) != 0;

    /// <summary>A group is one of its own. Linux: in_group_p, in_egroup_p.</summary>
    public bool IsIn(uint group) => EffectiveGroup == group || Groups.Contains(group);

    /// <summary>New user numbers, and what becomes of the capabilities. Linux: security/commoncap.c cap_emulate_setxuid.</summary>
    public Credentials WithUsers(uint user, uint effective, uint saved)
    {
        bool hadRoot = User == 0 || EffectiveUser == 0 || SavedUser == 0;
        bool hasRoot = user == 0 || effective == 0 || saved == 0;
        ulong permitted = hadRoot && !hasRoot && !KeepsCapabilities ? 0 : Permitted;
        ulong capable = hadRoot && !hasRoot ? 0 : Effective;
        if (EffectiveUser == 0 && effective != 0) capable = 0;
        if (EffectiveUser != 0 && effective == 0) capable = permitted;
        return this with { User = user, EffectiveUser = effective, SavedUser = saved, Permitted = permitted, Effective = capable };
    }
}
