using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Makes one system call.</summary>
internal delegate CallResult CallHandler(GuestTask task, in CallArguments call);
