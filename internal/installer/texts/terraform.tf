# Enrols a machine as a client of Gatehouse, over SSH. For Terraform and OpenTofu, without a provider.
[[- range .About]]
# [[comment .]]
[[- end]]
#
# The file of the code is on the machine that runs Terraform. Terraform copies it and does not read it into
# a value, so the code is in no state, plan or log. Never write the code into user_data, a variable that is
# not ephemeral, or a data source: their values are in the state, also if they are marked as sensitive.
variable "gatehouse_machine" {
  type        = string
  description = "Address of the machine, which has the program gatehouse and lets root in over SSH."
}

variable "gatehouse_host_key" {
  type        = string
  description = "Public key of its SSH server. Terraform would give the code to any other machine without it."
}

variable "gatehouse_ssh_port" {
  type    = number
  default = 22
}

resource "terraform_data" "gatehouse_client" {
  triggers_replace = [var.gatehouse_machine]

  connection {
    type     = "ssh"
    host     = var.gatehouse_machine
    port     = var.gatehouse_ssh_port
    host_key = var.gatehouse_host_key
    user     = "root" # with a key of the SSH agent
  }

  provisioner "remote-exec" {
    inline = ["rm -rf /run/gatehouse-enrol && mkdir -m 700 /run/gatehouse-enrol"]
  }

  provisioner "file" {
    source      = [[quote .CodeFile]]
    destination = "/run/gatehouse-enrol/code"
  }

  provisioner "remote-exec" {
    inline = [
      "chmod 600 /run/gatehouse-enrol/code",
      "code_file=/run/gatehouse-enrol/code",
      [[quote (printf "set -- %s" (shell .Arguments))]],
      <<-EOT
[[indent 6 .Script]]      EOT
    ]
  }
}
