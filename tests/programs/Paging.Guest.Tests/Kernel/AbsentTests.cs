namespace Paging.Guest.Tests;

/// <summary>Features that are left out answer as in a kernel built without them.</summary>
/// <remarks>
/// Linux: include/linux/filelock.h without CONFIG_FILE_LOCKING, include/linux/dnotify.h without CONFIG_DNOTIFY, xattr_resolve_name
/// (fs/xattr.c) on a file system without IOP_XATTR, kernel/sys_ni.c without CONFIG_POSIX_MQUEUE and CONFIG_SYSVIPC, and futex_lock_pi
/// (kernel/futex/futex.h) without CONFIG_FUTEX_PI; arch_set_user_pkey_access (arch/x86/kernel/fpu/xstate.c) without OSPKE.
/// </remarks>
public sealed class AbsentTests(BuiltPrograms programs)
{
    [Fact]
    public void ALeftOutFeatureAnswersAsAKernelWithoutIt()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        Outcome guest = run.AsGuest(run.Install(programs.Find("absent"), "absent"));
        string[] answers = [.. guest.Output.TrimEnd().Split('\n')
            .Select(static line => line[(line.LastIndexOf("= ", StringComparison.Ordinal) + 2)..])];
        const string invalid = "-1 Invalid argument", unsupported = "-1 Operation not supported",
            missing = "-1 Function not implemented";
        Assert.Equal([invalid, "1", invalid, unsupported, unsupported, unsupported, unsupported,
            .. Enumerable.Repeat(missing, 16), invalid], answers);
    }
}
