using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>What is left of a call that a signal has ended, for restart_syscall(2).</summary>
internal delegate CallResult RestOfCall(GuestTask task);
